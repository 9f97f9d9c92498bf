using static TorchSharp.torch;

namespace Hybrid.Torch;

/// <summary>
/// How products with matrices are computed. The residual stream, normalisation and softmax of logits beyond attention are in single
/// precision but for <see cref="Double"/>, an optimiser's numbers always; Gram matrices and losses are summed in double.
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

    /// <summary>
    /// Double precision throughout, of the same weights: for tokens whose 1 − ρ is far below single precision's rounding. Twice the
    /// memory, and on GPUs without units for it many times the time.
    /// </summary>
    Double,
}

/// <summary>What tensors hold in a precision.</summary>
internal static class TorchPrecisions
{
    /// <summary>Of factors of products.</summary>
    internal static ScalarType Factors(this TorchPrecision precision) =>
        precision == TorchPrecision.BFloat16 ? ScalarType.BFloat16 : precision.Stream();

    /// <summary>Of the residual stream and of what products are summed to.</summary>
    internal static ScalarType Stream(this TorchPrecision precision) =>
        precision == TorchPrecision.Double ? ScalarType.Float64 : ScalarType.Float32;

    /// <summary>Bytes of a number of the stream.</summary>
    internal static int Bytes(this TorchPrecision precision) => precision == TorchPrecision.Double ? sizeof(double) : sizeof(float);
}
