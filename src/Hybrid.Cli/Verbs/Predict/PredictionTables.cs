using Hybrid.Cli.Output;
using Hybrid.Cli.Shared;
using Hybrid.Theory;

namespace Hybrid.Cli.Verbs;

/// <summary>A prediction as tables.</summary>
internal static class PredictionTables
{
    /// <summary>The verdict, what it rests on, exponents, and the tables that are asked for.</summary>
    public static void Write(Terminal terminal, Prediction prediction, bool withLayers, bool withWeights)
    {
        Trainability trainability = prediction.Trainability;
        terminal.Out.WriteLine(VerdictText.Sentence(prediction.Architecture, trainability));
        terminal.Out.WriteLine(VerdictText.Distance(trainability));
        if (VerdictText.Evidence(prediction.Architecture, trainability) is string evidence)
            terminal.Out.WriteLine(evidence);
        foreach (string reason in trainability.Reasons)
            terminal.Out.WriteLine($"  · {reason}");
        terminal.Out.WriteLine();
        TextTable.Write(terminal, Exponents(prediction));
        terminal.Out.WriteLine($"bound: {NormBounds.Of(prediction.Architecture).Statement}");
        if (withLayers)
        {
            terminal.Out.WriteLine();
            WriteWithCaption(terminal, Layers(prediction));
        }

        if (withWeights)
        {
            terminal.Out.WriteLine();
            WriteWithCaption(terminal, WeightTable.Of(prediction));
        }

        if (!withLayers || !withWeights)
        {
            string layers = withLayers ? "" : "--layers (every layer) ";
            string weights = withWeights ? "" : "--weights (gradient of every weight matrix)";
            terminal.Out.WriteLine($"more: {layers}{weights}".TrimEnd());
        }
    }

    private static void WriteWithCaption(Terminal terminal, ReportTable table)
    {
        TextTable.Write(terminal, table);
        if (table.Caption != "")
            terminal.Out.WriteLine(table.Caption);
    }

    /// <summary>Exponents, depth scales and the fixed point.</summary>
    public static ReportTable Exponents(Prediction prediction)
    {
        string phase = Words.Of(prediction.Phase);
        string average = prediction.Stationary ? "" : ", mean over depth";
        FixedPoint fixedPoint = prediction.FixedPoint;
        string found = !prediction.Stationary
            ? "norms are not stationary: no fixed point"
            : fixedPoint.Converged ? "attracting fixed point of the block" : "iteration did not converge";
        return new(
            "",
            ["<quantity", "<symbol", "value", "<meaning"],
            [
                ["angle exponent", "λ_a", Numbers.Significant(prediction.AngleExponent),
                    $"{phase}: growth of 1 − ρ per block at the line{average}"],
                ["gradient exponent", "λ_g", Numbers.Significant(prediction.GradientExponent),
                    $"growth of gradient power per block, backwards{average}"],
                ["difference exponent", "λ_d", Numbers.Significant(prediction.DifferenceExponent), $"the same for g_d − g_o{average}"],
                ["angle depth scale", "ξ_a", Numbers.Significant(prediction.DepthScales.Angle), "blocks over which angles change by e"],
                ["gradient depth scale", "ξ_g", Numbers.Significant(prediction.DepthScales.Gradient),
                    "blocks over which gradients change by e"],
                ["fixed-point norm", "q*", Numbers.Significant(fixedPoint.Q), found],
                ["fixed-point correlation", "ρ*", Numbers.Significant(fixedPoint.Rho), found],
            ]);
    }

    private const string Legend =
        "q: squared norm of a token per coordinate; ρ: correlation of two tokens, p = qρ; "
        + "g_d, g_o: overlap of a token's loss gradient with itself and with another token's, 1 and 0 at the output; "
        + "λ_a, λ_g: growth per block of 1 − ρ and of gradients at the collapsed line";

    /// <summary>Every layer, with what its columns mean; what is an average over draws says so.</summary>
    public static ReportTable Layers(Prediction prediction) => new(
        prediction.Layers.Any(layer => layer.Uncertainty.Q > 0)
            ? $"{Legend}. Means over positions and {TrajectoryModule.Draws} draws of infinitely wide networks; --json gives standard errors"
            : Legend,
        ["layer", "q", "p", "ρ", "1 − ρ", "g_d", "g_o", "λ_a", "λ_g"],
        [.. prediction.Layers.Select(Row)]);

    private static IReadOnlyList<string> Row(LayerPrediction layer) =>
    [
        Numbers.Integer(layer.Layer),
        Numbers.Significant(layer.Q),
        Numbers.Significant(layer.P),
        Numbers.Significant(layer.Rho),
        Numbers.Significant(layer.U),
        Numbers.Significant(layer.GradientDiagonal),
        Numbers.Significant(layer.GradientOffDiagonal),
        Numbers.Significant(layer.AngleExponent),
        Numbers.Significant(layer.GradientExponent),
    ];
}
