using System.Globalization;
using Hybrid.Architectures;

namespace Hybrid.Cli.Tests;

/// <summary>
/// Records that anybody might give, legal ones and others, each a function of its number alone: a preset made small, and up to four
/// fields with values from the edges of what a number, a choice or a schedule can be.
/// </summary>
internal static class RandomRecords
{
    private static readonly string[] Presets = ["pre-tanh-ordered", "pre-tanh-chaotic", "post-relu", "peri-gelu", "none-tanh"];

    private static readonly string[] Numbers =
    [
        "0", "-0", "1", "-1", "0.5", "2", "1e-9", "1e-154", "1e-160", "1e-200", "1e-300", "5e-324", "30", "4096", "1e9", "1e150", "1e154",
        "1e160", "1e300", "1.7976931348623157e308", "1e400",
        "NaN", "null", "true", "\"x\"", "[]", "{}", "[1,0,1]", "[0,0,0]", "[1e154,1,0]",
    ];

    private static readonly string[] Sizes = ["1", "2", "3", "4", "5", "7", "8", "16", "0", "-1", "2.5", "1e9", "16777217"];

    private static readonly Dictionary<string, string[]> Choices = new()
    {
        ["activation"] = ["linear", "relu", "leakyRelu", "erf", "tanh", "gelu", "geluTanh", "silu", "sigmoid", "swish"],
        ["gated"] = ["true", "false", "1"],
        ["norm"] =
        [
            "none", "pre", "post", "peri", "output", "{\"before\":true,\"branch\":true,\"sum\":true}", "{\"sum\":true}", "{\"before\":1}",
            "before",
        ],
        ["normKind"] = ["scale", "{\"dyt\":0.5}", "{\"dyt\":0}", "{\"dyt\":1e300}", "layer"],
        ["wiring"] = ["sequential", "parallel", "both"],
        ["mask"] =
        [
            "none", "causal", "{\"window\":1}", "{\"window\":2}", "{\"prefix\":1}", "{\"prefix\":99}", "{\"window\":0}",
            "[\"causal\",\"none\",\"causal\"]",
        ],
        ["attention.positions"] =
        [
            "none", "alibi", "{\"rope\":{\"base\":10000,\"fraction\":1}}", "{\"rope\":{\"base\":1,\"fraction\":0}}",
            "{\"rope\":{\"base\":1e300,\"fraction\":0.5}}", "sine",
        ],
        ["attention.queryKeyNorm"] = ["none", "head", "all", "some"],
        ["attention.headWidth"] = ["null", "1", "2", "4", "8", "3", "0"],
        ["attention.keyValueHeads"] = ["null", "1", "2", "3", "0"],
        ["mlp.experts"] =
        [
            "null", "{\"count\":4,\"active\":2,\"gate\":\"renormalised\"}", "{\"count\":2,\"active\":2,\"gate\":\"softmax\",\"shared\":1}",
            "{\"count\":2,\"active\":1,\"gate\":\"sigmoid\",\"routerStd\":1e150,\"dense\":1}",
            "{\"count\":1,\"active\":2,\"gate\":\"softmax\"}",
        ],
    };

    private static readonly string[] Structure = ["tokens", "depth", "width", "mlpWidth", "heads"];

    /// <summary>The preset and the --set options of a record.</summary>
    public static string[] Words(int number)
    {
        // Neighbouring seeds of System.Random give alike numbers; a mixed one does not.
        Random random = new(unchecked((int)((uint)number * 2654435761u ^ 0x9e3779b9u)));
        string Of(string[] values) => values[random.Next(values.Length)];
        int heads = 1 << random.Next(3);
        List<string> fields =
        [
            $"tokens={random.Next(1, 7).ToString(CultureInfo.InvariantCulture)}", "depth=3", $"width={8 * heads}", "mlpWidth=16",
            $"heads={heads}",
        ];
        string[] paths = [.. Fields.All.Select(field => field.Path).Where(path => path != "name")];
        for (int changes = random.Next(5); changes > 0; changes--)
        {
            string path = Of(paths);
            string[] values = Structure.Contains(path) ? Sizes : Choices.GetValueOrDefault(path, Numbers);
            // A value of another kind now and then.
            fields.Add($"{path}={(random.Next(20) == 0 ? Of(Numbers) : Of(values))}");
        }

        return [Of(Presets), .. fields.SelectMany(field => new[] { "--set", field })];
    }
}
