namespace Hybrid.Networks.Training;

/// <summary>What a network learns to predict.</summary>
public enum TrainingTask
{
    /// <summary>The token after each position; for a causal mask, which keeps it from being read off.</summary>
    NextToken,

    /// <summary>The tokens that were hidden from the input; for no mask.</summary>
    MaskedToken,
}
