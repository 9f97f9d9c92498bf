using Hybrid.Architectures;
using Hybrid.Experiments.Cells;
using Hybrid.Experiments.Measurement;
using Hybrid.Lab.Phases;
using Hybrid.Theory;

namespace Hybrid.Experiments.Lyapunov;

/// <summary>
/// The leading Lyapunov exponents of a network of collapsed tokens at stationary norms. In wide networks all leading ones
/// are ½ λ_g, the growth of the mean mode's amplitude: λ_g is that of its square. Differences between tokens, which
/// attention averages away, grow less and drop out over the first half of the depth, which is not counted.
/// </summary>
internal sealed class LineSpectrum
{
    /// <summary>How many exponents are measured.</summary>
    public const int Exponents = 3;

    private const int Tokens = 2, Depth = 24;

    public LineSpectrum(Placement norm, LyapunovSize size)
    {
        Placement = PlacementName.Of(norm);
        Schedule weight = Math.Sqrt(0.5);
        Architecture architecture = StationaryNorm.Of(ArchitectureModule.Defaults.With(
            name: Placement,
            tokens: Tokens,
            depth: Depth,
            width: size.Width,
            heads: 1,
            mlpWidth: size.Width,
            activation: Activation.Erf,
            gated: false,
            norm: norm,
            mask: Mask.None,
            attention: AttentionParameters.Of(weight, weight, 1, 1),
            mlp: MlpParameters.Of(weight, weight, 3, 0, 1),
            input: new InputParameters(1, 1)));
        Predicted = 0.5 * PhaseDiagram.Create([architecture]).OnLine(architecture).Gradient;
        Pair = new($"{Placement}, leading exponents", architecture, size.Samples, Measure);
    }

    public string Placement { get; }

    /// <summary>½ λ_g.</summary>
    public double Predicted { get; }

    public WidthPair Pair { get; }

    /// <summary>The name of exponent number k from 1.</summary>
    public static string Name(int k) => $"λ, number {k}";

    private static CellValues Measure(Architecture architecture, CellAttempt attempt, int samples) =>
        CellValues.Of(NetworkEnsemble.Spectra(architecture, attempt, samples, Exponents).Select(
            blocks => Enumerable.Range(1, Exponents).Select(
                k => KeyValuePair.Create(Name(k), blocks.Skip(Depth / 2).Average(block => block[k - 1])))));
}
