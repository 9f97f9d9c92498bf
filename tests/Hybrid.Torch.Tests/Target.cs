namespace Hybrid.Torch.Tests;

/// <summary>
/// Where and in which precision the engine is tested: on the processor in single precision, or as HYBRID_TEST_DEVICE and
/// HYBRID_TEST_PRECISION say, which tests/gpu sets.
/// </summary>
internal static class Target
{
    /// <summary>cpu, cuda or cuda:N.</summary>
    public static TorchDevice Device { get; } = TorchDevice.Parse(Environment.GetEnvironmentVariable("HYBRID_TEST_DEVICE") ?? "cpu");

    /// <summary>Of products.</summary>
    public static TorchPrecision Precision { get; } =
        Enum.Parse<TorchPrecision>(Environment.GetEnvironmentVariable("HYBRID_TEST_PRECISION") ?? "Single", ignoreCase: true);

    /// <summary>Both, for ensembles.</summary>
    public static TorchOptions Options { get; } = new(Device, Precision);

    /// <summary>
    /// What a block's roundings may come to, relative to what it computes. In single precision, entries rounded a few dozen times and
    /// sums of products of random signs: 100 roundings of 2⁻²⁴. Factors of products are rounded to 8 bits, by
    /// 2⁻⁸ at most, or cut to 11, by 2⁻¹⁰: two for each of seven products, and what was made of them, 20 in all.
    /// </summary>
    public static double Rounding { get; } = RoundingOf(Precision);

    /// <summary>The same of a pass through a small network and back: 100 roundings in single precision, 20 for each block and way.</summary>
    public static double RoundingOfPasses(int blocks) => Precision == TorchPrecision.Single ? Rounding : 2 * blocks * Rounding;

    /// <summary>The same of another precision.</summary>
    public static double RoundingOf(TorchPrecision precision) => precision switch
    {
        TorchPrecision.BFloat16 => 20 * Math.ScaleB(1, -8),
        TorchPrecision.Tf32 when Device.IsCuda => 20 * Math.ScaleB(1, -10),
        _ => 100 * Math.ScaleB(1, -24),
    };

    /// <summary>Why a claim about single precision is not tested; null where it is.</summary>
    public static string? WhyNotSingle { get; } =
        Precision == TorchPrecision.Single ? null : $"a claim about single precision, and products are in {Precision}";
}
