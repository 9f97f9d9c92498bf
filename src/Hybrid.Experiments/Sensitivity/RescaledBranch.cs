using System.Globalization;
using Hybrid.Architectures;
using Hybrid.Experiments.Cells;
using Hybrid.Experiments.Measurement;
using Hybrid.Networks.Engines;
using Hybrid.Theory;

namespace Hybrid.Experiments.Sensitivity;

/// <summary>
/// One module's branch alone, without its skip, and the same branch with its output weights multiplied by factors c. Its
/// sensitivity S is the root mean square of its Jacobian: √g_d at the input for g_d = 1 at the output.
/// </summary>
internal sealed class RescaledBranch
{
    /// <summary>The factors c of the output weights.</summary>
    public static readonly IReadOnlyList<double> Factors = [0.1, 0.5, 2, 10];

    /// <summary>The name of g_d at c = 1.</summary>
    public const string Power = "power";

    public RescaledBranch(Placement norm, bool attention, SensitivitySize size)
    {
        Placement = PlacementName.Of(norm);
        Subject = $"{Placement}, {(attention ? "attention" : "MLP")}";
        Proportional = norm == Hybrid.Architectures.Placement.None || norm == Hybrid.Architectures.Placement.Pre;
        Architecture one = Build(norm, attention, 1, size);
        PredictedPower = Predict.Architecture(one).Layers[0].GradientDiagonal;
        Pair = new(Subject, one, size.Samples, (architecture, attempt, samples) => NetworkEnsemble.Measure(
            architecture, attempt, samples, member => [KeyValuePair.Create(Power, member.Layers[0].GradientDiagonal)]));
        Rescaling = new(
            string.Create(CultureInfo.InvariantCulture, $"{Subject}, rescaled, width {size.Width}, {size.Samples} networks"),
            2 * Pair.Full.Cost,
            attempt => Rescaled(norm, attention, size, attempt));
    }

    public string Placement { get; }

    /// <summary>The row of the tables.</summary>
    public string Subject { get; }

    /// <summary>Whether S must be proportional to c; otherwise it must not depend on c.</summary>
    public bool Proportional { get; }

    /// <summary>S² at c = 1, predicted.</summary>
    public double PredictedPower { get; }

    /// <summary>S² at c = 1 at two widths.</summary>
    public WidthPair Pair { get; }

    /// <summary>The same networks at every c.</summary>
    public Cell Rescaling { get; }

    /// <summary>S(c)/S(1) of single networks.</summary>
    public static string Ratio(double factor) => string.Create(CultureInfo.InvariantCulture, $"ratio {factor}");

    /// <summary>|S(c)/S(1)/expected − 1| of single networks.</summary>
    public static string Deviation(double factor) => string.Create(CultureInfo.InvariantCulture, $"deviation {factor}");

    /// <summary>What S(c)/S(1) must be.</summary>
    public double Expected(double factor) => Proportional ? factor : 1;

    /// <summary>The module's skip is 0 and its branch 1; the other module is passed by.</summary>
    private static Architecture Build(Placement norm, bool attention, double factor, SensitivitySize size)
    {
        Schedule on = 1, off = 0;
        return ArchitectureModule.Defaults.With(
            name: "branch",
            tokens: size.Tokens,
            depth: 1,
            width: size.Width,
            heads: size.Heads,
            mlpWidth: size.Width,
            activation: Activation.Gelu,
            gated: false,
            norm: norm,
            mask: Mask.None,
            attention: attention ? AttentionParameters.Of(off, on, 1, factor) : AttentionParameters.Of(on, off, 1, 1),
            mlp: attention ? MlpParameters.Of(on, off, 1, 0, 1) : MlpParameters.Of(off, on, 1, 0, factor),
            input: new InputParameters(1, 0.5));
    }

    /// <summary>
    /// The same seed at every c, on an engine with real weight matrices: the same weights, those of the output scaled. (The
    /// conditioned engine's draws follow the pivots of its factorisations, which rounding may exchange.)
    /// </summary>
    private CellValues Rescaled(Placement norm, bool attention, SensitivitySize size, CellAttempt attempt)
    {
        double[] one = Powers(Build(norm, attention, 1, size), size.Samples, attempt);
        double[][] scaled = [.. Factors.Select(factor => Powers(Build(norm, attention, factor, size), size.Samples, attempt))];
        return CellValues.Of(Enumerable.Range(0, size.Samples).Select(sample => Factors.SelectMany((factor, i) =>
        {
            double ratio = Math.Sqrt(scaled[i][sample] / one[sample]);
            return new[]
            {
                KeyValuePair.Create(Ratio(factor), ratio),
                KeyValuePair.Create(Deviation(factor), Math.Abs(ratio / Expected(factor) - 1)),
            };
        })));
    }

    private static double[] Powers(Architecture architecture, int samples, CellAttempt attempt)
    {
        using INetworkEngine engine = attempt.Engines.Weighted(architecture);
        return [.. NetworkEnsemble.Run(engine, attempt.Seed, samples).Select(member => member.Layers[0].GradientDiagonal)];
    }
}
