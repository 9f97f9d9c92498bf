namespace Hybrid.Torch;

/// <summary>
/// How products with matrices are computed. The residual stream, normalisation, softmax of logits beyond attention, losses
/// and an optimiser's numbers are always in single precision; Gram matrices are summed in double.
/// </summary>
public enum TorchPrecision
{
    /// <summary>Single precision throughout.</summary>
    Single,

    /// <summary>Factors rounded to 10 bits of mantissa on GPUs that can; elsewhere as <see cref="Single"/>.</summary>
    Tf32,

    /// <summary>
    /// Factors rounded to bfloat16 (8 bits), attention and what an MLP holds between its products too: half the memory of a random
    /// network's weights.
    /// </summary>
    BFloat16,
}
