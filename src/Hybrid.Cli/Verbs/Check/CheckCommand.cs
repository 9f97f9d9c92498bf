using System.CommandLine;
using System.Globalization;
using Hybrid.Architectures;
using Hybrid.Cli.Output;
using Hybrid.Cli.Shared;
using Hybrid.Drawing.Figures;
using Hybrid.Import.Files;
using Hybrid.Import.HuggingFace;
using Hybrid.Lab.Cells;
using Hybrid.Lab.Checks;
using Hybrid.Lab.Comparisons;
using Hybrid.Theory;

namespace Hybrid.Cli.Verbs;

/// <summary>hybrid check, the main job: predict, simulate, compare, verdict.</summary>
internal static class CheckCommand
{
    // Of the presets that are checked when none is named: four times GPT-2's, so that its own width is the second one and
    // finite width is no longer what limits the agreement.
    private const int StandardWidth = 3072;

    public static Verb Create(Session session)
    {
        Verb verb = new(
            "check",
            "Predicts, simulates at two widths and compares every layer; exit 0 if theory and networks agree, 1 if not.",
            "hybrid check",
            "hybrid check gpt2 --width 12288 --samples 16",
            "hybrid check gpt2 --samples 40 --figure gpt2.svg",
            "hybrid check pre-tanh-ordered --set mlp.inStd=1.5 --json");
        Argument<string[]> sources = new("ARCH")
        {
            Description =
                "Presets, architecture JSON files or Hugging Face config.json files; gpt2 and the small presets if none is given.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        Option<string?> engine = Options.Engine();
        Option<int> samples = Options.Samples(
            64, CheckPlan.LeastSamples, "Networks to draw at the width; as many, 32 at least, at a quarter of it.");
        Option<int> width = Options.Width($"{StandardWidth} if neither ARCH nor --set is given, else ARCH's own");
        Option<int> threads = Options.Threads();
        Option<long?> memory = Options.Memory();
        Option<string?> figure = new("--figure") { Description = "Draw theory and measurement into an SVG file.", HelpName = "FILE.svg" };
        Options.CompletePresets(sources);
        verb.Arguments.Add(sources);
        verb.Options.Add(engine);
        verb.Options.Add(samples);
        verb.Options.Add(width);
        verb.Options.Add(threads);
        verb.Options.Add(memory);
        DeviceOptions device = new(verb);
        verb.Options.Add(figure);
        CommonOptions common = new(verb);
        ArchitectureLoading loading = new(verb, common);
        ReportOption report = new(verb);
        return verb.Does(parsed =>
        {
            ReportFile? page = report.File(parsed);
            string? path = parsed.GetValue(figure);
            if (path is not null)
                OutputFile.Parse(path, "--figure", ".svg");
            string[] names = parsed.GetValue(sources) ?? [];
            // What --set says of the presets, their width perhaps, stays as it is said.
            bool standard = names.Length == 0 && common.Assignments(parsed).Length == 0;
            LoadedArchitecture[] loaded = [.. (names.Length > 0 ? names : Presets.Standard.Select(preset => preset.Architecture.Name))
                .Select(name => loading.Load(parsed, name))];
            Architecture[] architectures =
                [.. loaded.Select(item => Options.AtWidth(parsed, width, item.Architecture, standard ? StandardWidth : null))];
            CheckPlan plan = new(
                architectures,
                session.Engines.Find(
                    parsed.GetValue(engine) ?? session.Engines.DefaultFor(architectures), device.Choice(parsed, parsed.GetValue(memory))),
                parsed.GetValue(samples),
                common.Seed(parsed),
                Options.ThreadsOf(parsed, threads),
                Memory: parsed.GetValue(memory));
            plan.EnsureFits();
            ImportReport?[] imports = [.. loaded.Select(item => item.Import)];
            return Run(session, plan, imports, path, page, CommandText.Of(parsed), common.Json(parsed));
        });
    }

    /// <summary>Merges ensembles that were measured apart and compares them. The exit code is that of the check.</summary>
    public static int Finish(Session session, CheckWork work, CellFolder folder, bool json)
    {
        CheckReport report = work.Report(
            CellMerge.Run(folder), architecture => TheoryWork.Of(session, architecture, Predict.Thoroughly));
        if (json)
        {
            CheckPlan plan = report.Plan;
            RunHeader header = new("check", plan.Seed, plan.Engine.Name, plan.Samples, plan.Threads, plan.Engine.Device);
            Json.Write(session.Terminal.Out, CheckJson.ToNode(report, new ImportReport?[plan.Architectures.Count], header));
        }
        else
        {
            CheckTables.Write(session.Terminal, report);
        }

        return report.Agreement == Agreement.Agrees ? ExitCode.Agrees : ExitCode.Disagrees;
    }

    private static int Run(
        Session session, CheckPlan plan, IReadOnlyList<ImportReport?> imports, string? figure, ReportFile? page, string command, bool json)
    {
        RunHeader header = new("check", plan.Seed, plan.Engine.Name, plan.Samples, plan.Threads, plan.Engine.Device);
        TextWriter output = session.Terminal.Out;
        if (!json)
        {
            header.Write(output);
            foreach ((Architecture architecture, ImportReport? import) in plan.Architectures.Zip(imports))
            {
                output.WriteLine($"  {RunHeader.Describe(architecture)}; second width {SecondWidth.Of(architecture).Width}");
                ImportNotes.Write(output, import, "  ");
            }

            output.WriteLine();
        }

        CheckReport report;
        using (ProgressLine progress = new(session.Terminal))
        {
            report = Check.Run(
                plan,
                architecture => TheoryWork.Of(session, architecture, Predict.Thoroughly),
                now => progress.Report(
                    $"{now.Architecture} {now.Width}",
                    now.Width == 0 ? $"{now.Architecture}: predicting" : $"{now.Architecture}: simulating at width {now.Width}",
                    now.Done,
                    now.Total),
                session.Cancellation);
        }

        if (figure is not null || page is not null)
        {
            Figure drawn = Drawn(report);
            if (figure is not null)
                AtomicFile.WriteText(figure, drawn.Svg);
            page?.Write(CheckPage.Of(report, imports, header, command, drawn));
        }

        if (json)
            Json.Write(output, CheckJson.ToNode(report, imports, header));
        else
            CheckTables.Write(session.Terminal, report);
        if (!report.Complete)
        {
            session.Terminal.Error.WriteLine(
                $"hybrid: stopped after {report.Comparisons.Count} of "
                + $"{report.Plan.Architectures.Count} architectures; the report is of those");
            return ExitCode.Cancelled;
        }

        return report.Agreement == Agreement.Agrees ? ExitCode.Agrees : ExitCode.Disagrees;
    }

    private static Figure Drawn(CheckReport report) => LayerFigure.Render(
        "Theory against random transformers",
        string.Create(
            CultureInfo.InvariantCulture,
            $"lines: predicted; points: mean of {report.Plan.Samples} networks ± 2 standard errors; all quantities per coordinate"),
        [.. report.Comparisons.Select(LayerCurve.Of)]);
}
