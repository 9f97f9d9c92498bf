using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Hybrid.Cli.Output;
using Hybrid.Cli.Shared;
using Hybrid.Drawing;
using Hybrid.Import.Files;
using Hybrid.Lab.Cells;

namespace Hybrid.Cli.Verbs;

/// <summary>What a finished sweep leaves: results.jsonl and times.jsonl, results.csv of its single numbers, and a table.</summary>
internal static class SweepOutput
{
    private const string CsvName = "results.csv";
    private const int MostRows = 40;

    /// <summary>Merges the cells and writes what was found. The exit code.</summary>
    public static int Finish(Session session, SweepWork work, CellFolder folder, bool json)
    {
        IReadOnlyList<CellResult> results = CellMerge.Run(folder);
        string[] paths = [.. work.Question.Axes.SelectMany(axis => axis.Paths)];
        JsonObject[] values = [.. results.Select(result => result.ToNode())];
        AtomicFile.WriteText(folder.PathOf(CsvName), Csv(work, paths, values));
        if (json)
        {
            Json.Write(session.Terminal.Out, Document(work, folder, results, values));
            return ExitCode.Agrees;
        }

        Table(work, paths, values).Write(session.Terminal);
        if (values.Length > MostRows)
            session.Terminal.Out.WriteLine($"the first {MostRows} of {values.Length} cells");
        session.Terminal.Out.WriteLine($"written: {folder.PathOf(CellMerge.ResultsName)}, {CsvName}");
        return ExitCode.Agrees;
    }

    private static JsonObject Document(SweepWork work, CellFolder folder, IReadOnlyList<CellResult> results, JsonObject[] values) => new()
    {
        ["run"] = new RunHeader("sweep", work.Plan.Seed).ToNode(),
        ["plan"] = work.Plan.Hash,
        ["question"] = work.Plan.Question.DeepClone(),
        ["folder"] = folder.FullPath,
        ["cells"] = new JsonArray([.. values.Select((value, i) => (JsonNode)new JsonObject
        {
            ["cell"] = i,
            ["set"] = new JsonObject(work.Points[i].Select(item => KeyValuePair.Create(item.Path, (JsonNode?)item.Value))),
            ["machine"] = results[i].Machine,
            ["values"] = value.DeepClone(),
        })]),
    };

    private static string Csv(SweepWork work, string[] paths, JsonObject[] values)
    {
        string[] columns = [.. values.SelectMany(value => Single("", value)).Select(item => item.Name).Distinct()];
        StringBuilder text = new();
        text.AppendJoin(',', ((string[])["cell", .. paths, .. columns]).Select(Quoted)).Append('\n');
        for (int i = 0; i < values.Length; i++)
        {
            Dictionary<string, string> single = Single("", values[i]).ToDictionary(item => item.Name, item => item.Text);
            text.Append(i.ToString(CultureInfo.InvariantCulture)).Append(',');
            IEnumerable<string> texts = work.Points[i].Select(item => item.Value)
                .Concat(columns.Select(name => single.GetValueOrDefault(name, "")));
            text.AppendJoin(',', texts.Select(Quoted)).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>The few numbers of each action that a reader looks for first.</summary>
    private static TextTable Table(SweepWork work, string[] paths, JsonObject[] values)
    {
        (string Heading, Func<JsonObject, string> Of)[] columns = work.Question.Do switch
        {
            "predict" =>
            [
                ("λ_a", value => Text(value["angleExponent"])),
                ("λ_g", value => Text(value["gradientExponent"])),
                ("counted", value => Text(value["trainable"]!["counted"])),
                ("<verdict", value => value["trainable"]!["verdict"]!.GetValue<string>()),
            ],
            "simulate" =>
            [
                ("q at the end", value => Estimate(value["layers"]!.AsArray()[^1]!["q"])),
                ("ρ at the end", value => Estimate(value["layers"]!.AsArray()[^1]!["rho"])),
                ("g_d at the input", value => Estimate(value["layers"]![0]!["gradientDiagonal"])),
            ],
            _ =>
            [
                ("steps", value => value["steps"]!.GetValue<int>().ToString(CultureInfo.InvariantCulture)),
                ("loss", value => Text(value["finalLoss"])),
                ("evaluated", value => Text(value["finalEvalLoss"])),
                ("<outcome", value => value["outcome"]!.GetValue<string>()),
            ],
        };
        TextTable table = new([.. paths, .. columns.Select(column => column.Heading)]);
        foreach ((JsonObject value, int i) in values.Take(MostRows).Select((value, i) => (value, i)))
            table.Row([.. work.Points[i].Select(item => Shown(item.Value)), .. columns.Select(column => column.Of(value))]);
        return table;
    }

    private static string Text(JsonNode? node) => node is null ? "–" : Numbers.Significant(node.GetValue<double>());

    private static string Estimate(JsonNode? node) => Numbers.Uncertain(
        node!["mean"]?.GetValue<double>() ?? double.NaN, node["standardError"]?.GetValue<double>() ?? double.NaN);

    private static string Shown(string value) =>
        double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && number != Math.Floor(number)
            ? Numbers.Significant(number)
            : value;

    /// <summary>Numbers, words and flags by dotted path; arrays have no single value.</summary>
    private static IEnumerable<(string Name, string Text)> Single(string path, JsonNode? node) => node switch
    {
        JsonObject fields => fields.SelectMany(field => Single(path == "" ? field.Key : $"{path}.{field.Key}", field.Value)),
        JsonArray items when items.Count > 0 && items[0] is JsonObject first && first.ContainsKey("layer") =>
            Single($"{path}.first", items[0]).Concat(Single($"{path}.last", items[^1])),
        JsonArray => [],
        null => [(path, "")],
        _ => [(path, node.GetValueKind() == JsonValueKind.String ? node.GetValue<string>() : node.ToJsonString())],
    };

    private static string Quoted(string text) => text.AsSpan().ContainsAny(",\"\n") ? $"\"{text.Replace("\"", "\"\"")}\"" : text;
}
