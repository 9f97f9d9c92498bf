using System.Text.Json.Nodes;
using Hybrid.Drawing;
using Hybrid.Lab.Training;

namespace Hybrid.Cli.Verbs;

/// <summary>What training made of the network, layer by layer: two measurements of a run in one table.</summary>
internal static class TrainedLayers
{
    /// <summary>Before the first step and after the last, or null unless both were measured.</summary>
    public static ReportTable? Of(RunDirectory directory, int steps)
    {
        if (directory.Measurements.Read(0) is not JsonObject before || directory.Measurements.Read(steps) is not JsonObject after)
            return null;
        bool exponents = before["layers"]!.AsArray()[^1]!["exponents"] is not null;
        return new(
            $"the network on one validation batch, before training and after step {steps}",
            ["layer", "q before", "after", "1 − ρ before", "after", "mean |x| before", "after", "cos(x, attention)", "cos(x, MLP)",
                .. exponents ? (string[])["λ_1 before", "after"] : []],
            [.. before["layers"]!.AsArray().Zip(after["layers"]!.AsArray(), (first, last) => Row(first!, last!, exponents))]);
    }

    private static IReadOnlyList<string> Row(JsonNode before, JsonNode after, bool exponents) =>
    [
        Numbers.Integer(before["layer"]!.GetValue<int>()),
        Number(before["q"]),
        Number(after["q"]),
        Number(before["u"]),
        Number(after["u"]),
        Number(before["meanAbsolute"]),
        Number(after["meanAbsolute"]),
        Number(after["attention"]?["correlation"]),
        Number(after["mlp"]?["correlation"]),
        .. exponents
            ? (string[])[Number(before["exponents"]?["forward"]?[0]?["mean"]), Number(after["exponents"]?["forward"]?[0]?["mean"])]
            : [],
    ];

    private static string Number(JsonNode? value) => Numbers.Significant(value?.GetValue<double>() ?? double.NaN, 3);
}
