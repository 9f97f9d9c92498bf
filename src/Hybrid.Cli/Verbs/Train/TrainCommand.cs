using System.CommandLine;
using Hybrid.Cli.Output;
using Hybrid.Cli.Shared;
using Hybrid.Drawing.Figures;
using Hybrid.Lab.Data;
using Hybrid.Lab.Engines;
using Hybrid.Lab.Training;
using Hybrid.Networks.Training;

namespace Hybrid.Cli.Verbs;

/// <summary>hybrid train: trains, records, resumes.</summary>
internal static class TrainCommand
{
    public static Verb Create(Session session)
    {
        Verb verb = new(
            "train",
            "Trains a network and records its run in a folder, from which it resumes bit by bit; divergence is an outcome, exit 0.",
            "hybrid train pre-tanh-ordered --set mask=causal --set depth=2 --data synthetic --steps 200 --out run",
            "hybrid train --resume --out run",
            "hybrid train gpt2 --set depth=4 --set width=256 --set mlpWidth=1024 --data corpus.txt --steps 2000 --warmup 100 --out text")
        {
            LeavesFiles = true,
        };
        Option<string> folder =
            new("--out") { Description = "The run's folder: plan, log, checkpoints and curve.svg.", HelpName = "DIR", Required = true };
        Option<bool> resume = new("--resume")
        {
            Description = "Continue the run of the folder; options that are given must be those it began with, "
                + "but for more --steps at a constant learning rate, and another --engine.",
        };
        Option<bool> strict = new("--strict")
        {
            Description = "With --resume: refuse a damaged checkpoint or log, which otherwise is set aside for what is sound.",
        };
        Option<bool> accept = new("--accept-changes")
        {
            Description = "With --resume: go on with a config.json or log.jsonl that was changed after the checkpoint was taken.",
        };
        Option<bool> yes = new("--yes") { Description = "Begin a run that takes more than a day on this processor." };
        Option<int> threads = Options.Threads();
        Option<string?> device = DeviceOptions.Device(), precision = DeviceOptions.Precision();
        TrainOptions options = new(verb, session.Trainers);
        ReportOption report = new(verb);
        verb.Options.Add(folder);
        verb.Options.Add(resume);
        verb.Options.Add(strict);
        verb.Options.Add(accept);
        verb.Options.Add(yes);
        verb.Options.Add(threads);
        verb.Options.Add(device);
        verb.Options.Add(precision);
        return verb.Does(parsed =>
        {
            string path = parsed.GetRequiredValue(folder);
            int count = Options.ThreadsOf(parsed, threads);
            ReportFile? page = report.File(parsed);
            DeviceChoice choice = new(parsed.GetValue(device), parsed.GetValue(precision));
            return parsed.GetValue(resume)
                ? Resume(session, parsed, options, path, page, count, choice, (parsed.GetValue(strict), parsed.GetValue(accept)))
                : Begin(session, parsed, options, path, page, count, choice, parsed.GetValue(yes));
        });
    }

    /// <summary>The folder is made last: what cannot be trained leaves none behind.</summary>
    private static int Begin(
        Session session, ParseResult parsed, TrainOptions options, string path, ReportFile? page, int threads, DeviceChoice choice,
        bool evenLong)
    {
        if (RunDirectory.Exists(path))
            throw RunDirectory.HoldsARun(path);
        (TrainingPlan plan, ITokenSource source) = options.Plan(parsed, null, path);
        using ITokenSource opened = source;
        if (!evenLong)
            session.Trainers.EnsureFeasible(plan, threads, choice);
        using ITrainer trainer = session.Trainers.Create(plan, threads, choice);
        using RunDirectory directory = RunDirectory.Create(path, plan);
        return Run(session, directory, trainer, opened, page, Command(parsed, options, plan), threads, options.Json(parsed));
    }

    private static string Command(ParseResult parsed, TrainOptions options, TrainingPlan plan) =>
        CommandText.Of(parsed, options.IsPrivate(parsed, plan) ? ["--data"] : []);

    private static int Resume(
        Session session, ParseResult parsed, TrainOptions options, string path, ReportFile? page, int threads, DeviceChoice choice,
        (bool Strict, bool AcceptChanges) care)
    {
        using RunDirectory directory = RunDirectory.Open(path);
        Resumption.Prepare(directory, care.Strict, care.AcceptChanges, session.Terminal.Warn);
        (TrainingPlan plan, ITokenSource source) = options.Plan(parsed, directory.Plan, path);
        using ITokenSource opened = source;
        session.Trainers.Find(plan.Engine, choice);
        Resumption.Accept(directory, plan);
        using ITrainer trainer = session.Trainers.Create(directory.Plan, threads, choice);
        return Run(session, directory, trainer, opened, page, Command(parsed, options, plan), threads, options.Json(parsed));
    }

    private static int Run(
        Session session, RunDirectory directory, ITrainer trainer,
        ITokenSource source, ReportFile? page, string command, int threads, bool json)
    {
        TrainingPlan plan = directory.Plan;
        RunHeader header = new("train", plan.Options.Seed, plan.Engine, 0, threads);
        if (!json)
            TrainTables.WriteHeader(session.Terminal.Out, header, directory, trainer);
        if (page is not null)
            directory.Report = page.Path;
        ReportFile? shown = page ?? (directory.Report is string before ? new(before, false) : null);
        void Write(TrainingReport report)
        {
            Figure figure = TrainingFigure.Render(
                report.Result, report.Optimum, report.References, directory.Measurements.Norms(TrainingFigure.MostMoments));
            directory.WriteFigure(figure.Svg);
            if (shown is not null)
                shown.Write(TrainPage.Of(report, directory, header, command, figure));
        }

        double? optimum = source.OptimalLoss(plan.Options.Model.Task, plan.Options.Model.Architecture.Tokens);
        TrainingReport Report(TrainingResult result) => new(result, optimum, source.References, Machine.PeakMemory);
        TrainingRun run = new(directory, trainer, source);
        TrainingView view = new(session.Terminal, run, Report, Write);
        TrainingResult result;
        using (TrainingLine line = new(session.Terminal))
        {
            void Progress(TrainingProgress now)
            {
                line.Report(now);
                view.Update(now);
            }

            result = run.Run(Progress, session.Cancellation);
        }

        TrainingReport report = Report(result);
        Write(report);
        if (json)
            Json.Write(session.Terminal.Out, TrainJson.ToNode(report, header, directory));
        else
            TrainTables.WriteResult(session.Terminal, report, directory);
        if (result.Outcome != TrainingOutcome.Stopped)
            return ExitCode.Agrees;
        session.Terminal.Error.WriteLine(
            $"hybrid: stopped at step {result.Steps} of {plan.Options.Steps} with a checkpoint; "
            + $"continue with hybrid train --resume --out {directory.FullPath}");
        return ExitCode.Cancelled;
    }
}
