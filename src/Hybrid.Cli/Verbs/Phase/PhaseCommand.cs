using System.CommandLine;
using System.Text.Json.Nodes;
using Hybrid.Architectures;
using Hybrid.Cli.Output;
using Hybrid.Cli.Shared;
using Hybrid.Import.Files;
using Hybrid.Import.HuggingFace;
using Hybrid.Import.Json;
using Hybrid.Lab.Cells;
using Hybrid.Lab.Comparisons;
using Hybrid.Lab.Engines;
using Hybrid.Lab.Phases;

namespace Hybrid.Cli.Verbs;

/// <summary>hybrid phase: λ_a and λ_g over two hyperparameters, with their zero lines.</summary>
internal static class PhaseCommand
{
    public static Verb Create(Session session)
    {
        Verb verb = new(
            "phase",
            "Maps the angle and gradient exponents over two hyperparameters and draws where they vanish.",
            "hybrid phase pre-tanh-critical --x mlp.inStd=0.5:8:40 --y attention.branch,mlp.branch=0.1:0.9:40 --out phase.svg",
            "hybrid phase pre-tanh-critical --x mlp.inStd=0.5:8:40 --y mlp.branch=0.1:0.9:40 --measure 16 --out phase.html",
            "hybrid phase pre-tanh-critical --x mlp.inStd=0.5:8:40 --y mlp.branch=0.1:0.9:40 --measure 16 --out cells --shard 1/4",
            "hybrid phase pre-tanh-critical --x mlp.inStd=0.5:8:40 --y mlp.branch=0.1:0.9:40 --measure 16 --engine torch --out phase.html",
            "hybrid phase post-relu --x mlp.inStd=1:2:20 --y mlp.branch=0.1:1:20 --json");
        Argument<string> source = Options.Architecture();
        Option<string> x = Axis("--x", "Horizontal axis: fields (several joined by commas), range and number of values.");
        Option<string> y = Axis("--y", "Vertical axis, in the same form.");
        Option<string?> file =
            new("--out")
            {
                Description = "File to write: .svg, .html, .csv or .json; may be left out with --json. With --shard or --slurm "
                    + "the folder of the measured points, in which hybrid cells merge then draws.",
                HelpName = "FILE",
            };
        Option<int> threads = Options.Threads();
        verb.Arguments.Add(source);
        verb.Options.Add(x);
        verb.Options.Add(y);
        verb.Options.Add(file);
        verb.Options.Add(threads);
        CommonOptions common = new(verb);
        ArchitectureLoading loading = new(verb, common);
        ReportOption report = new(verb);
        Option<int> measure = Options.Integer<int>(
            "--measure",
            "Random networks to measure at each of some 49 points of the diagram, 2 or more, and again at a second width: theory and "
                + "networks are compared at infinite width; exit 1 where they disagree.",
            null, 2, 1 << 20);
        verb.Options.Add(measure);
        EngineOptions engine = new(verb, session.Engines, "--measure N");
        CellOptions cells = new(verb);
        return verb.Does(parsed =>
        {
            bool json = common.Json(parsed);
            ReportFile? page = report.File(parsed);
            string? path = parsed.GetValue(file);
            PhaseWork? Work(LoadedArchitecture loaded) => parsed.GetValue(measure) is int each and > 0
                ? new(loaded.Architecture, PhaseAxis.Parse(parsed.GetRequiredValue(x), "--x"),
                    PhaseAxis.Parse(parsed.GetRequiredValue(y), "--y"), each, common.Seed(parsed), Machine.BuiltVersion,
                    engine: engine.Choice(parsed, apart: cells.Asked(parsed)))
                : null;
            if (!Options.Given(parsed, measure))
                engine.Refuse(parsed);
            if (cells.Asked(parsed))
            {
                PhaseWork apart = Work(loading.Load(parsed, parsed.GetRequiredValue(source)))
                    ?? throw new InputException("--shard and --slurm are for measured points; give --measure N, or leave them out");
                return CellJobs.Do(session, parsed, cells, apart, path ?? "", Options.ThreadsOf(parsed, threads));
            }

            if (path is null && !json)
            {
                throw new InputException(
                    "--out: must be a file that ends in .svg, .html, .csv, .json, got none; give --out phase.svg, or --json for stdout");
            }

            string? extension = path is null ? null : OutputFile.Parse(path, "--out", ".svg", ".html", ".csv", ".json");
            LoadedArchitecture loaded = loading.Load(parsed, parsed.GetRequiredValue(source));
            PhaseAxis horizontal = PhaseAxis.Parse(parsed.GetRequiredValue(x), "--x");
            PhaseAxis vertical = PhaseAxis.Parse(parsed.GetRequiredValue(y), "--y");
            PhaseWork? work = Work(loaded);
            int count = Options.ThreadsOf(parsed, threads);
            // Networks that do not fit are refused before the diagram takes its time.
            _ = work?.PointsAtATime(count);
            RunHeader header = Header(common.Seed(parsed), work?.Engine, work?.Device, count);
            if (!json)
                WriteHeader(session.Terminal.Out, header, loaded, horizontal, vertical, work);
            PhaseGrid grid = Compute(session, loaded.Architecture, horizontal, vertical, count);
            PhaseMeasurement? measurement = work is null ? null : Measure(session, work, count);
            JsonObject Document() => ImportNotes.AddTo(PhaseJson.ToNode(grid, measurement, header), loaded.Import);
            Report Page() => PhasePage.Of(grid, measurement, loaded, header, CommandText.Of(parsed));
            if (path is not null)
            {
                string Html() => HtmlWriter.Text(Page(), report.IsStatic(parsed));
                AtomicFile.WriteText(path, Render(grid, measurement, Document, Html, extension!));
            }

            page?.Write(Page());
            if (json)
                Json.Write(session.Terminal.Out, Document());
            else
                PhaseTables.Write(session.Terminal, grid, measurement, path!);
            return CodeOf(measurement);
        });
    }

    /// <summary>Merges measured points, computes the diagram and writes phase.svg, .html, .csv and .json into their folder.</summary>
    public static int Finish(Session session, PhaseWork work, CellFolder folder, bool json)
    {
        PhaseMeasurement measurement = work.Measurement(CellMerge.Run(folder));
        RunHeader header = Header(work.Plan.Seed, work.Engine, work.Engine?.Device.Device, Environment.ProcessorCount);
        LoadedArchitecture loaded = new(work.Architecture);
        PhaseGrid grid = Compute(session, work.Architecture, work.X, work.Y, Environment.ProcessorCount);
        JsonObject document = PhaseJson.ToNode(grid, measurement, header);
        foreach (string extension in (string[])[".svg", ".html", ".csv", ".json"])
        {
            AtomicFile.WriteText(folder.PathOf("phase" + extension), Render(
                grid, measurement, () => document,
                () => HtmlWriter.Text(PhasePage.Of(grid, measurement, loaded, header, $"hybrid cells merge {folder.FullPath}")),
                extension));
        }

        if (json)
            Json.Write(session.Terminal.Out, document);
        else
            PhaseTables.Write(session.Terminal, grid, measurement, folder.PathOf("phase.svg"));
        return CodeOf(measurement);
    }

    private static int CodeOf(PhaseMeasurement? measurement) =>
        measurement?.Agreement == Agreement.Disagrees ? ExitCode.Disagrees : ExitCode.Agrees;

    // Networks without weights, which are the default, have no choice to tell of.
    private static RunHeader Header(ulong seed, EngineChoice? engine, string? device, int threads) => engine is null
        ? new("phase", seed)
        : new("phase", seed, engine.Name, Threads: threads, Device: device);

    private static Option<string> Axis(string name, string description) =>
        new(name) { Description = description, HelpName = "PATHS=lo:hi:count", Required = true };

    private static void WriteHeader(
        TextWriter output, RunHeader header, LoadedArchitecture loaded, PhaseAxis x, PhaseAxis y, PhaseWork? work)
    {
        header.Write(output);
        output.WriteLine(RunHeader.Describe(loaded.Architecture));
        ImportNotes.Write(output, loaded.Import);
        output.WriteLine($"{x.Count} × {y.Count} points");
        if (work is not null)
            output.WriteLine($"{work.Cells.Count} of them measured, {work.Ensembles} each");
        output.WriteLine();
    }

    private static PhaseGrid Compute(Session session, Architecture architecture, PhaseAxis x, PhaseAxis y, int threads)
    {
        using ProgressLine progress = new(session.Terminal);
        return TheoryWork.Run(session, () => PhaseGrid.Compute(
            architecture,
            x,
            y,
            threads,
            done => progress.Report("phase", "exponents, columns of the grid", done, x.Count),
            session.Cancellation));
    }

    private static PhaseMeasurement Measure(Session session, PhaseWork work, int threads)
    {
        using ProgressLine progress = new(session.Terminal);
        return PhaseMeasurement.Run(
            work, threads,
            (done, total) => progress.Report("measure", "points of measured networks", done, total), session.Cancellation);
    }

    private static string Render(
        PhaseGrid grid, PhaseMeasurement? measurement, Func<JsonObject> document, Func<string> page, string extension) =>
        extension switch
        {
            ".svg" => PhaseFigure.Render(grid, measurement).Svg,
            ".html" => page(),
            ".csv" => PhaseCsv.Text(grid),
            _ => Json.Text(document()),
        };
}
