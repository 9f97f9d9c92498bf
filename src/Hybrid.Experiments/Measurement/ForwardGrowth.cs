using Hybrid.Architectures;
using Hybrid.Experiments.Cells;

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
    public static CellValues Measure(Architecture architecture, CellAttempt attempt, int samples) =>
        CellValues.Of(NetworkEnsemble.Spectra(architecture, attempt, samples, exponents: 1).Select(
            blocks => new[] { KeyValuePair.Create(Power, Math.Exp(2 * blocks.Sum(block => block[0]))) }));
}
