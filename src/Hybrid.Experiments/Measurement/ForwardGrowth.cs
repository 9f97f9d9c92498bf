using Hybrid.Architectures;
using Hybrid.Experiments.Cells;
using Hybrid.Networks.Tangents;

namespace Hybrid.Experiments.Measurement;

/// <summary>
/// What becomes of a random small change of all tokens: ‖δx_L‖²/‖δx_0‖² through a whole network. Its mean over directions
/// is tr JᵀJ/(n d), the same as that of a random gradient carried backwards, g_d of the input for g_d = 1, g_o = 0 at the output.
/// </summary>
internal static class ForwardGrowth
{
    /// <summary>The name of the measured number.</summary>
    public const string Power = "growth";

    /// <summary>Networks 0 … samples − 1, one direction each.</summary>
    public static CellValues Measure(Architecture architecture, ulong seed, int samples)
    {
        using LyapunovSpectrum spectrum = new(architecture, 1);
        double[][] exponents = [.. Enumerable.Range(0, architecture.Depth).Select(_ => new double[1])];
        return CellValues.Of(Enumerable.Range(0, samples).Select(sample =>
        {
            spectrum.Run(seed, sample, exponents);
            return new[] { KeyValuePair.Create(Power, Math.Exp(2 * exponents.Sum(block => block[0]))) };
        }));
    }
}
