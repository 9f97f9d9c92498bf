namespace Hybrid.Import.HuggingFace;

/// <summary>Whether the code that draws the weights scales the projections that write to the residual stream, W_O and W_2.</summary>
public enum ResidualScaling
{
    /// <summary>As every other weight: N(0, s²).</summary>
    None,

    /// <summary>Times 1/√(2L) at depth L, as GPT-2 does.</summary>
    Depth,
}
