using System.Text.Json.Nodes;
using Hybrid.Harness.Training;

namespace Hybrid.Cli.Output;

/// <summary>What training made of the network, layer by layer: two measurements of a run in one table.</summary>
internal static class TrainedLayers
{
    /// <summary>Before the first step and after the last, where both were measured.</summary>
    public static void Write(Terminal terminal, RunDirectory directory, int steps)
    {
        if (directory.Measurements.Read(0) is not JsonObject before || directory.Measurements.Read(steps) is not JsonObject after)
            return;
        terminal.Out.WriteLine($"the network on one validation batch, before training and after step {steps}");
        TextTable table = new(
            "layer", "q before", "after", "1 − ρ before", "after", "mean |x| before", "after", "cos(x, attention)", "cos(x, MLP)", "λ_1 before", "after");
        foreach ((JsonNode? first, JsonNode? last) in before["layers"]!.AsArray().Zip(after["layers"]!.AsArray()))
        {
            table.Row(
                Numbers.Integer(first!["layer"]!.GetValue<int>()),
                Number(first["q"]),
                Number(last!["q"]),
                Number(first["u"]),
                Number(last["u"]),
                Number(first["meanAbsolute"]),
                Number(last["meanAbsolute"]),
                Number(last["attention"]?["correlation"]),
                Number(last["mlp"]?["correlation"]),
                Number(first["exponents"]?["forward"]?[0]?["mean"]),
                Number(last["exponents"]?["forward"]?[0]?["mean"]));
        }

        table.Write(terminal);
    }

    private static string Number(JsonNode? value) => Numbers.Significant(value?.GetValue<double>() ?? double.NaN, 3);
}
