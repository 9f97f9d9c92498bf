using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text.Json.Nodes;
using Hybrid.Architectures;
using Hybrid.Cli.Output;
using Hybrid.Cli.Shared;
using Hybrid.Drawing;
using Hybrid.Import.Json;
using Hybrid.Import.Records;
using Hybrid.Lab.Engines;
using Hybrid.Lab.Speed;

namespace Hybrid.Cli.Verbs;

/// <summary>hybrid bench: how fast an engine is on this machine.</summary>
internal static class BenchCommand
{
    public static Verb Create(Session session)
    {
        Verb verb = new(
            "bench",
            "Measures how many random networks a second an engine draws, runs forwards and backwards, and measures, by width.",
            "hybrid bench --engine dense",
            "hybrid bench gpt2 --engine conditioned --widths 768,3072 --seconds 5",
            "hybrid bench --engine torch --device cuda --precision tf32 --draw device --widths 1024,4096");
        Argument<string> source = new("ARCH")
        {
            Description = "A preset, an architecture JSON file or a Hugging Face config.json; pre-tanh-critical if none is given.",
            DefaultValueFactory = _ => "pre-tanh-critical",
        };
        Option<string?> engine = Options.Engine();
        Option<int[]> widths = Widths();
        Option<double> seconds = Options.Number("--seconds", "How long to run at each width, warm-up apart.", 3, NumberRange.Positive);
        Option<int> threads = Options.Threads();
        Option<long?> memory = Options.Memory();
        verb.Arguments.Add(source);
        verb.Options.Add(engine);
        verb.Options.Add(widths);
        verb.Options.Add(seconds);
        verb.Options.Add(threads);
        verb.Options.Add(memory);
        DeviceOptions device = new(verb);
        CommonOptions common = new(verb);
        ArchitectureLoading loading = new(verb, common);
        return verb.Does(parsed =>
        {
            Architecture loaded = loading.Load(parsed, parsed.GetRequiredValue(source)).Architecture;
            Architecture[] architectures = [.. parsed.GetRequiredValue(widths)
                .Select(width => ArchitectureModule.EnsureValid(ArchitectureWidth.At(loaded, width)))];
            EngineEntry entry = session.Engines.Find(
                parsed.GetValue(engine) ?? session.Engines.DefaultFor(architectures), device.Choice(parsed, parsed.GetValue(memory)));
            EnsembleRun run = new(entry, Options.ThreadsOf(parsed, threads), common.Seed(parsed), parsed.GetValue(memory));
            foreach (Architecture architecture in architectures)
                run.EnginesFor(architecture, int.MaxValue);
            return Run(session, run, architectures, parsed.GetValue(seconds), common.Json(parsed));
        });
    }

    private static int Run(Session session, EnsembleRun run, Architecture[] architectures, double seconds, bool json)
    {
        RunHeader header = new("bench", run.Seed, run.Engine.Name, 0, run.Threads, run.Engine.Device);
        if (!json)
        {
            header.Write(session.Terminal.Out);
            session.Terminal.Out.WriteLine(RunHeader.Describe(architectures[0]));
            session.Terminal.Out.WriteLine();
        }

        List<EngineSpeed> speeds = [];
        using (ProgressLine progress = new(session.Terminal))
        {
            foreach (Architecture architecture in architectures)
            {
                progress.Report("bench", $"width {architecture.Width}", speeds.Count, architectures.Length);
                speeds.Add(EngineBenchmark.Run(run, architecture, seconds, session.Cancellation));
            }
        }

        if (json)
            Json.Write(session.Terminal.Out, ToNode(header, speeds));
        else
            WriteTable(session.Terminal, speeds);
        return ExitCode.Agrees;
    }

    private static void WriteTable(Terminal terminal, IEnumerable<EngineSpeed> speeds)
    {
        TextTable table = new("width", "engines × batch", "networks", "networks/s", "TFLOP/s");
        foreach (EngineSpeed speed in speeds)
        {
            table.Row(
                Numbers.Integer(speed.Architecture.Width),
                $"{speed.Engines} × {speed.BatchSize}",
                Numbers.Integer(speed.Networks),
                Numbers.Significant(speed.NetworksPerSecond, 3),
                Numbers.Significant(speed.TeraOperationsPerSecond, 3));
        }

        table.Write(terminal);
        terminal.Out.WriteLine(
            "TFLOP/s: products of a network with real weights, forwards and backwards; drawing and measuring are in the time only");
    }

    private static JsonObject ToNode(RunHeader header, IEnumerable<EngineSpeed> speeds) => new()
    {
        ["run"] = header.ToNode(),
        ["widths"] = new JsonArray([.. speeds.Select(speed => (JsonNode)new JsonObject
        {
            ["width"] = speed.Architecture.Width,
            ["engines"] = speed.Engines,
            ["batch"] = speed.BatchSize,
            ["networks"] = speed.Networks,
            ["seconds"] = speed.Seconds,
            ["networksPerSecond"] = speed.NetworksPerSecond,
            ["teraflopsPerSecond"] = speed.TeraOperationsPerSecond,
        })]),
    };

    private static Option<int[]> Widths() => new("--widths")
    {
        Description = "Widths to run at, joined by commas; the MLP's width follows in proportion, heads stay.",
        HelpName = "N,N,…",
        CustomParser = Parse,
        DefaultValueFactory = _ => [256, 512, 1024],
    };

    private static int[]? Parse(ArgumentResult result)
    {
        string text = string.Join(',', result.Tokens.Select(token => token.Value));
        string[] parts = text.Split(',');
        int[] widths =
            [.. parts.Select(part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int width) ? width : 0)];
        if (widths.All(width => width is >= 1 and <= 1 << 24))
            return widths;
        result.AddError($"--widths must be integers from 1 to {1 << 24} joined by commas, got '{text}'.");
        return null;
    }
}
