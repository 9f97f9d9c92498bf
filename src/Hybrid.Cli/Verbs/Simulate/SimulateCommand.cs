using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Hybrid.Architectures;
using Hybrid.Cli.Output;
using Hybrid.Cli.Shared;
using Hybrid.Drawing;
using Hybrid.Import.HuggingFace;
using Hybrid.Lab.Engines;
using Hybrid.Lab.Statistics;

namespace Hybrid.Cli.Verbs;

/// <summary>hybrid simulate: the same quantities measured on random networks.</summary>
internal static class SimulateCommand
{
    public static Verb Create(Session session)
    {
        Verb verb = new(
            "simulate",
            "Draws random networks of an architecture and measures every layer, mean ± standard error.",
            "hybrid simulate pre-tanh-ordered --width 8192 --samples 4",
            "hybrid simulate gpt2 --engine dense --samples 8 --seed 7 --json");
        Argument<string> source = Options.Architecture();
        Option<string?> engine = Options.Engine();
        Option<int> samples = Options.Samples(8, 1, "Networks to draw.");
        Option<int> width = Options.Width();
        Option<int> threads = Options.Threads();
        Option<long?> memory = Options.Memory();
        verb.Arguments.Add(source);
        verb.Options.Add(engine);
        verb.Options.Add(samples);
        verb.Options.Add(width);
        verb.Options.Add(threads);
        verb.Options.Add(memory);
        DeviceOptions device = new(verb);
        CommonOptions common = new(verb);
        ArchitectureLoading loading = new(verb, common);
        return verb.Does(parsed =>
        {
            LoadedArchitecture loaded = loading.Load(parsed, parsed.GetRequiredValue(source));
            loaded = loaded with { Architecture = Options.AtWidth(parsed, width, loaded.Architecture) };
            EngineEntry entry = session.Engines.Find(
                parsed.GetValue(engine) ?? session.Engines.DefaultFor(loaded.Architecture), device.Choice(parsed, parsed.GetValue(memory)));
            EnsembleRun run = new(entry, Options.ThreadsOf(parsed, threads), common.Seed(parsed), parsed.GetValue(memory));
            int asked = parsed.GetValue(samples);
            run.EnginesFor(loaded.Architecture, asked);
            return Run(session, run, loaded, asked, common.Json(parsed));
        });
    }

    private static int Run(Session session, EnsembleRun run, LoadedArchitecture loaded, int samples, bool json)
    {
        Architecture architecture = loaded.Architecture;
        RunHeader header = new("simulate", run.Seed, run.Engine.Name, samples, run.Threads, run.Engine.Device);
        TextWriter output = session.Terminal.Out;
        if (!json)
        {
            header.Write(output);
            output.WriteLine(RunHeader.Describe(architecture));
            ImportNotes.Write(output, loaded.Import);
            output.WriteLine();
        }

        long start = Stopwatch.GetTimestamp();
        using ProgressLine progress = new(session.Terminal);
        int done = 0;
        Measurement measurement = run.Measure(
            architecture,
            0,
            samples,
            () => progress.Report(
                architecture.Name, $"{architecture.Name}, width {architecture.Width}", Interlocked.Increment(ref done), samples),
            session.Cancellation);
        progress.Dispose();
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        if (json)
        {
            Json.Write(output, ImportNotes.AddTo(MeasurementJson.ToNode(measurement, header, seconds), loaded.Import));
        }
        else
        {
            WriteTable(session.Terminal, measurement);
            output.WriteLine(
                $"mean ± standard error over {measurement.Samples} networks, {seconds.ToString("0.0", CultureInfo.InvariantCulture)} s");
        }

        if (measurement.Samples == samples)
            return ExitCode.Agrees;
        session.Terminal.Error.WriteLine($"hybrid: stopped after {measurement.Samples} of {samples} networks; the estimates are of those");
        return ExitCode.Cancelled;
    }

    private static void WriteTable(Terminal terminal, Measurement measurement)
    {
        TextTable table = new("layer", "q", "p", "ρ", "1 − ρ", "g_d", "g_o");
        foreach (LayerMeasurement layer in measurement.Layers)
        {
            table.Row(
                Numbers.Integer(layer.Layer),
                layer.Q.ToString(),
                layer.P.ToString(),
                layer.Rho.ToString(),
                layer.U.ToString(),
                layer.GradientDiagonal.ToString(),
                layer.GradientOffDiagonal.ToString());
        }

        table.Write(terminal);
    }
}
