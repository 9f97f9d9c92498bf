namespace Hybrid.Import.HuggingFace;

/// <summary>How a family's attention is told where tokens are, beyond what the embedding adds.</summary>
internal enum PositionKind
{
    /// <summary>It is not.</summary>
    None,

    /// <summary>Queries and keys are turned by angles that grow with the position.</summary>
    Rotary,

    /// <summary>Logits fall linearly with the distance, at a rate of each head.</summary>
    Alibi,
}
