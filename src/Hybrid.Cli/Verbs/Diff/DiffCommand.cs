using System.CommandLine;
using Hybrid.Cli.Output;
using Hybrid.Cli.Shared;
using Hybrid.Import.HuggingFace;
using Hybrid.Lab.Differences;

namespace Hybrid.Cli.Verbs;

/// <summary>hybrid diff: the same weights through two engines, and where they part.</summary>
internal static class DiffCommand
{
    public static Verb Create(Session session)
    {
        Verb verb = new(
            "diff",
            "Runs one network, the same weights, through two engines and says at which layer and quantity they part.",
            "hybrid diff pre-tanh-ordered",
            "hybrid diff gpt2 --engines dense,double --set tokens=16 --json",
            "hybrid diff my-model.json --seed 7 --report difference.html");
        Argument<string> source = Options.Architecture();
        Option<string?> engines = DiffEngines.Option();
        Option<int> threads = Options.Threads();
        Option<long?> memory = Options.Memory();
        verb.Arguments.Add(source);
        verb.Options.Add(engines);
        verb.Options.Add(threads);
        verb.Options.Add(memory);
        CommonOptions common = new(verb);
        ArchitectureLoading loading = new(verb, common);
        ReportOption report = new(verb);
        return verb.Does(parsed =>
        {
            ReportFile? page = report.File(parsed);
            LoadedArchitecture loaded = loading.Load(parsed, parsed.GetRequiredValue(source));
            string pair = parsed.GetValue(engines) ?? DiffEngines.Default(session.Engines);
            (DifferenceEngine first, DifferenceEngine second) = DiffEngines.Parse(session.Engines, pair);
            DifferencePlan plan = new(
                loaded.Architecture, first, second, common.Seed(parsed), Options.ThreadsOf(parsed, threads), parsed.GetValue(memory));
            plan.EnsureFits();
            return Run(session, plan, loaded.Import, page, CommandText.Of(parsed), common.Json(parsed));
        });
    }

    private static int Run(Session session, DifferencePlan plan, ImportReport? import, ReportFile? page, string command, bool json)
    {
        RunHeader header = new("diff", plan.Seed, $"{plan.First.Entry.Name},{plan.Second.Entry.Name}", 0, plan.Threads);
        TextWriter output = session.Terminal.Out;
        if (!json)
        {
            header.Write(output);
            output.WriteLine(RunHeader.Describe(plan.Architecture));
            ImportNotes.Write(output, import);
            output.WriteLine();
        }

        DifferenceReport report;
        using (ProgressLine progress = new(session.Terminal))
        {
            report = Difference.Run(
                plan,
                (what, done) => progress.Report(plan.Architecture.Name, $"{plan.Architecture.Name}: {what}", done, DifferencePlan.Passes),
                session.Cancellation);
        }

        if (page is not null)
            page.Write(DiffTables.Page(report, import, header, command));
        if (json)
            Json.Write(output, ImportNotes.AddTo(DiffJson.ToNode(report, header), import));
        else
            DiffTables.Write(session.Terminal, report);
        return report.Agrees ? ExitCode.Agrees : ExitCode.Disagrees;
    }
}
