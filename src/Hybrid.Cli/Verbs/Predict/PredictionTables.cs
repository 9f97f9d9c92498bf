using Hybrid.Cli.Output;
using Hybrid.Cli.Shared;
using Hybrid.Theory;

namespace Hybrid.Cli.Verbs;

/// <summary>A prediction as tables.</summary>
internal static class PredictionTables
{
    public static void Write(Terminal terminal, Prediction prediction)
    {
        TextTable.Write(terminal, Exponents(prediction));
        ReportTable layers = Layers(prediction);
        TextTable.Write(terminal, layers);
        if (layers.Caption != "")
            terminal.Out.WriteLine(layers.Caption);
        terminal.Out.WriteLine($"bound: {NormBounds.Of(prediction.Architecture).Statement}");
        terminal.Out.WriteLine($"verdict: {Words.Of(prediction.Trainability.Verdict)} at depth {prediction.Architecture.Depth}");
        foreach (string reason in prediction.Trainability.Reasons)
            terminal.Out.WriteLine($"  {reason}");
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
                ["angle exponent", "λ_a", Numbers.Significant(prediction.AngleExponent), $"{phase}: growth of 1 − ρ per block at the line{average}"],
                ["gradient exponent", "λ_g", Numbers.Significant(prediction.GradientExponent), $"growth of gradient power per block, backwards{average}"],
                ["difference exponent", "λ_d", Numbers.Significant(prediction.DifferenceExponent), $"the same for g_d − g_o{average}"],
                ["angle depth scale", "ξ_a", Numbers.Significant(prediction.DepthScales.Angle), "blocks over which angles change by e"],
                ["gradient depth scale", "ξ_g", Numbers.Significant(prediction.DepthScales.Gradient), "blocks over which gradients change by e"],
                ["fixed-point norm", "q*", Numbers.Significant(fixedPoint.Q), found],
                ["fixed-point correlation", "ρ*", Numbers.Significant(fixedPoint.Rho), found],
            ]);
    }

    /// <summary>Every layer; what is an average over draws says so in the caption.</summary>
    public static ReportTable Layers(Prediction prediction) => new(
        prediction.Layers.Any(layer => layer.Uncertainty.Q > 0)
            ? $"q to g_o are means over positions and {Predict.CausalDraws} draws of infinitely wide networks; --json gives standard errors"
            : "",
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
