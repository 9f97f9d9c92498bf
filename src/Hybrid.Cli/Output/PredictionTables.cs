using Hybrid.Theory;

namespace Hybrid.Cli.Output;

/// <summary>A prediction as tables.</summary>
internal static class PredictionTables
{
    public static void Write(Terminal terminal, Prediction prediction)
    {
        WriteExponents(terminal, prediction);
        WriteLayers(terminal, prediction);
        terminal.Out.WriteLine($"bound: {NormBounds.Of(prediction.Architecture).Statement}");
        terminal.Out.WriteLine($"verdict: {Words.Of(prediction.Trainability.Verdict)} at depth {prediction.Architecture.Depth}");
        foreach (string reason in prediction.Trainability.Reasons)
            terminal.Out.WriteLine($"  {reason}");
    }

    private static void WriteExponents(Terminal terminal, Prediction prediction)
    {
        string phase = Words.Of(prediction.Phase);
        string average = prediction.Stationary ? "" : ", mean over depth";
        FixedPoint fixedPoint = prediction.FixedPoint;
        TextTable table = new("<quantity", "<symbol", "value", "<meaning");
        table.Row("angle exponent", "λ_a", Numbers.Significant(prediction.AngleExponent), $"{phase}: growth of 1 − ρ per block at the line{average}");
        table.Row("gradient exponent", "λ_g", Numbers.Significant(prediction.GradientExponent), $"growth of gradient power per block, backwards{average}");
        table.Row("difference exponent", "λ_d", Numbers.Significant(prediction.DifferenceExponent), $"the same for g_d − g_o{average}");
        table.Row("angle depth scale", "ξ_a", Numbers.Significant(prediction.DepthScales.Angle), "blocks over which angles change by e");
        table.Row("gradient depth scale", "ξ_g", Numbers.Significant(prediction.DepthScales.Gradient), "blocks over which gradients change by e");
        string found = !prediction.Stationary
            ? "norms are not stationary: no fixed point"
            : fixedPoint.Converged ? "attracting fixed point of the block" : "iteration did not converge";
        table.Row("fixed-point norm", "q*", Numbers.Significant(fixedPoint.Q), found);
        table.Row("fixed-point correlation", "ρ*", Numbers.Significant(fixedPoint.Rho), found);
        table.Write(terminal);
    }

    private static void WriteLayers(Terminal terminal, Prediction prediction)
    {
        TextTable table = new("layer", "q", "p", "ρ", "1 − ρ", "g_d", "g_o", "λ_a", "λ_g");
        foreach (LayerPrediction layer in prediction.Layers)
        {
            table.Row(
                Numbers.Integer(layer.Layer),
                Numbers.Significant(layer.Q),
                Numbers.Significant(layer.P),
                Numbers.Significant(layer.Rho),
                Numbers.Significant(layer.U),
                Numbers.Significant(layer.GradientDiagonal),
                Numbers.Significant(layer.GradientOffDiagonal),
                Numbers.Significant(layer.AngleExponent),
                Numbers.Significant(layer.GradientExponent));
        }

        table.Write(terminal);
        if (prediction.Layers.Any(layer => layer.Uncertainty.Q > 0))
        {
            terminal.Out.WriteLine(
                $"q to g_o are means over positions and {Predict.CausalDraws} draws of infinitely wide networks; --json gives standard errors");
        }
    }
}
