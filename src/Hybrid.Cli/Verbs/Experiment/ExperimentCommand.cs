using System.CommandLine;
using System.Globalization;
using Hybrid.Cli.Output;
using Hybrid.Cli.Shared;
using Hybrid.Experiments.Catalogue;
using Hybrid.Experiments.Designs;
using Hybrid.Experiments.Hypotheses;
using Hybrid.Experiments.Runs;
using Hybrid.Import.Json;
using Hybrid.Lab.Cells;
using Hybrid.Lab.Engines;

namespace Hybrid.Cli.Verbs;

/// <summary>hybrid experiment: registers hypotheses, measures, judges, writes a page.</summary>
internal static class ExperimentCommand
{
    private const string StandardFolder = "hybrid-results";

    public static Verb Create(Session session)
    {
        Verb verb = new(
            "experiment",
            "Runs a preregistered experiment and writes its page; exit 0 if no hypothesis is refuted, 1 if one is.",
            "hybrid experiment --list",
            "hybrid experiment rank-collapse --quick",
            "hybrid experiment rank-collapse --parallel 2 --out docs/results --seed 1",
            "hybrid experiment lyapunov --engine torch --device cuda --precision double --out results",
            "hybrid experiment loss-vs-exponents --out results --slurm --partition short --time 1:00:00")
        {
            LeavesFiles = true,
        };
        Argument<string?> name = new("NAME") { Description = "The experiment; see --list.", Arity = ArgumentArity.ZeroOrOne };
        Options.Complete(name, () => ExperimentCatalogue.All.Select(experiment => experiment.Name));
        Option<bool> list = new("--list") { Description = "List the experiments and run none." };
        Option<bool> quick = new("--quick") { Description = "Smaller networks and fewer of them, under a minute." };
        Option<int> parallel = Options.Integer(
            "--parallel", "Cells at a time, all cores if not given; results do not depend on it.", null, 1, 1024);
        Option<string> folder = new("--out")
        {
            Description = "Folder for the page, its figures and the finished cells; a run that was stopped continues from there. "
                + "With --shard or --slurm its folder NAME.cells has the cells, and hybrid cells merge writes the page.",
            HelpName = "DIR",
            DefaultValueFactory = _ => StandardFolder,
        };
        Option<ulong> seed = Options.Seed();
        Option<bool> json = Options.Json();
        ReportOption report = new(verb);
        verb.Arguments.Add(name);
        verb.Options.Add(list);
        verb.Options.Add(quick);
        verb.Options.Add(parallel);
        verb.Options.Add(folder);
        Option<string?> engine = Options.Engine(
            "What draws, trains and measures networks; if not given the experiment's own engines, conditioned for random networks and "
                + "dense for trained ones.");
        verb.Options.Add(engine);
        DeviceOptions device = new(verb);
        Option<long?> memory = Options.Memory();
        verb.Options.Add(memory);
        verb.Options.Add(seed);
        verb.Options.Add(json);
        CellOptions cells = new(verb);
        return verb.Does(parsed =>
        {
            bool asJson = parsed.GetValue(json);
            if (parsed.GetValue(list))
                return List(session, asJson);
            IExperiment experiment = ExperimentCatalogue.Find(parsed.GetValue(name) ?? "");
            ExperimentEngine? asked = Asked(
                session, experiment, parsed.GetValue(engine), device.Choice(parsed, parsed.GetValue(memory)), apart: cells.Asked(parsed));
            ExperimentPlan plan = new(
                experiment,
                parsed.GetValue(quick) ? ExperimentScale.Quick : ExperimentScale.Full,
                parsed.GetValue(seed),
                Math.Min(
                    parsed.GetValue(parallel) is int count and > 0 ? count : System.Environment.ProcessorCount,
                    asked?.Choice.Described.MostEngines ?? int.MaxValue),
                asked);
            string path = parsed.GetRequiredValue(folder);
            return cells.Asked(parsed)
                ? CellJobs.Do(
                    session, parsed, cells, new ExperimentWork(plan, Machine.BuiltVersion), ExperimentFiles.In(path, plan).CellFolder,
                    plan.Parallel)
                : Run(session, plan, path, report.File(parsed), asJson);
        });
    }

    /// <summary>
    /// Takes cells that were measured in a folder of their own into the store beside it, and judges and writes the page as if they had
    /// been measured there. The exit code is that of the experiment.
    /// </summary>
    public static int Finish(Session session, ExperimentWork work, CellFolder folder, bool json)
    {
        IReadOnlyList<CellResult> results = CellMerge.Run(folder);
        string path = Path.GetDirectoryName(folder.FullPath)!;
        ExperimentPlan plan = work.Experiment with { Parallel = System.Environment.ProcessorCount };
        using (CellStore store = CellStore.Open(ExperimentFiles.In(path, plan).Cells))
            work.Store(results, store, folder.Created);
        return Run(session, plan, path, null, json);
    }

    // What was asked for; null for the experiment's own engines, whether they were named or not.
    private static ExperimentEngine? Asked(Session session, IExperiment experiment, string? name, DeviceChoice device, bool apart)
    {
        EngineChoice choice = new(session.Engines, name ?? session.Trainers.Default, device);

        // A device is looked for here, unless it is other machines that measure.
        if (choice.Described.OnDevice is null || !apart)
            _ = choice.Found;
        if (device.Memory is not null && choice.Described.OnDevice is null)
            throw new InputException($"--memory is for --engine torch, got {(name is null ? "none" : $"--engine {name}")}");
        if (name is null)
            return null;
        ExperimentEngine engine = new(choice, session.Trainers);
        if (engine.IsOwn(experiment.Needs))
            return null;
        engine.EnsureOffers(experiment.Needs, experiment.Name);
        return engine;
    }

    private static int List(Session session, bool json)
    {
        if (json)
        {
            Json.Write(session.Terminal.Out, ExperimentJson.List(ExperimentCatalogue.All));
            return ExitCode.Agrees;
        }

        TextTable table = new("<experiment", "<what it tests");
        foreach (IExperiment experiment in ExperimentCatalogue.All)
            table.Row(experiment.Name, experiment.Purpose);
        table.Write(session.Terminal);
        return ExitCode.Agrees;
    }

    private static int Run(Session session, ExperimentPlan plan, string folder, ReportFile? file, bool json)
    {
        TextWriter output = session.Terminal.Out;
        ExperimentFiles files = ExperimentFiles.In(folder, plan);
        using CellStore store = CellStore.Open(files.Cells);
        if (!json)
        {
            ExperimentJson.Header(plan).Write(output);
            output.WriteLine($"{files.Name}: {plan.Design.Cells.Count} cells, {plan.Parallel} at a time");
            output.WriteLine();
            output.Write(Registration.Text(plan));
            output.Flush();
        }

        ExperimentOutcome outcome;
        using (ProgressLine progress = new(session.Terminal))
        {
            outcome = ExperimentRun.Run(
                plan,
                store,
                now => progress.Report(files.Name, $"cells of {files.Name}", now.Done, now.Total, now.Left),
                session.Cancellation);
        }

        if (!outcome.Complete)
        {
            session.Terminal.Error.WriteLine(
                $"hybrid: stopped after {outcome.Results.Count} of {plan.Design.Cells.Count} cells; "
                + $"the same command continues from {files.Cells}");
            return ExitCode.Cancelled;
        }

        Evaluation evaluation = plan.Design.Evaluate(outcome.Results);
        Report page = ExperimentReport.Of(outcome, evaluation, Environment(plan, folder));
        files.Write(page, Json.Text(ExperimentJson.ToNode(outcome, evaluation)));
        if (file is not null)
            file.Write(page);
        if (json)
        {
            Json.Write(output, ExperimentJson.ToNode(outcome, evaluation));
        }
        else
        {
            output.Write(MarkdownWriter.Text(ExperimentReport.Verdicts(plan, evaluation), ""));
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{files.Page}, {outcome.Seconds:0.0} s"));
        }

        return evaluation.Outcome == Outcome.Refuted ? ExitCode.Disagrees : ExitCode.Agrees;
    }

    private static RunEnvironment Environment(ExperimentPlan plan, string folder)
    {
        string quick = plan.Scale == ExperimentScale.Quick ? " --quick" : "";
        string engine = plan.Engine is null ? "" : $" --engine {plan.Engine.Name}"
            + (plan.Engine.Choice.Device.Device is string device ? $" --device {device}" : "")
            + (plan.Engine.Choice.Device.Precision is string precision ? $" --precision {precision}" : "")
            + (plan.Engine.Choice.Device.DrawOnDevice ? " --draw device" : "");
        return new(
            $"hybrid experiment {plan.Experiment.Name}{quick}{engine} --parallel {plan.Parallel} "
            + $"--out {CommandText.Local(folder)} --seed {plan.Seed.ToString(CultureInfo.InvariantCulture)}",
            Machine.Version,
            $"{Machine.Processor}, {System.Environment.ProcessorCount} threads, SIMD {Machine.Simd}");
    }
}
