using System.CommandLine;
using Hybrid.Cli.Output;
using Hybrid.Cli.Shared;
using Hybrid.Import.HuggingFace;

namespace Hybrid.Cli.Verbs;

/// <summary>hybrid compare: two architectures side by side, what differs, and what each difference does.</summary>
internal static class CompareCommand
{
    public static Verb Create(Session session)
    {
        Verb verb = new(
            "compare",
            "Says what differs between two architectures, how the verdict's numbers move, and which difference moves them how far.",
            "hybrid compare pre-tanh-ordered pre-tanh-chaotic",
            "hybrid compare gpt2 config.json --report compare.html",
            "hybrid compare post-relu peri-gelu --set depth=48 --json");
        Argument<string> first = Side("A"), second = Side("B");
        verb.Arguments.Add(first);
        verb.Arguments.Add(second);
        CommonOptions common = new(verb);
        ArchitectureLoading loading = new(verb, common);
        ReportOption report = new(verb);
        return verb.Does(parsed =>
        {
            ReportFile? page = report.File(parsed);
            LoadedArchitecture a = CompareSource.Load(loading, common, parsed, parsed.GetRequiredValue(first));
            LoadedArchitecture b = CompareSource.Load(loading, common, parsed, parsed.GetRequiredValue(second));
            RunHeader header = new("compare", common.Seed(parsed));
            Attribution attribution = Attribute(session, a, b);
            if (page is not null)
                page.Write(ComparePage.Of(attribution, [a, b], header, CommandText.Of(parsed)));
            TextWriter output = session.Terminal.Out;
            if (common.Json(parsed))
            {
                Json.Write(output, CompareJson.ToNode(attribution, [a, b], header));
                return ExitCode.Agrees;
            }

            header.Write(output);
            foreach ((string side, LoadedArchitecture loaded) in new[] { ("A", a), ("B", b) })
            {
                output.WriteLine($"{side}  {RunHeader.Describe(loaded.Architecture)}");
                ImportNotes.WriteSource(output, loaded.Import, "   ");
            }

            output.WriteLine();
            CompareTables.Write(session.Terminal, attribution);
            return ExitCode.Agrees;
        });
    }

    private static Argument<string> Side(string name)
    {
        Argument<string> argument = new(name)
        {
            Description = "A preset, an architecture JSON file, a Hugging Face config.json, or a folder that holds one or a run.",
        };
        Options.CompletePresets(argument);
        return argument;
    }

    private static Attribution Attribute(Session session, LoadedArchitecture a, LoadedArchitecture b)
    {
        TheoryWork.EnsureFits(a.Architecture);
        TheoryWork.EnsureFits(b.Architecture);
        using ProgressLine progress = new(session.Terminal);
        return Attribution.Of(
            a.Architecture,
            b.Architecture,
            (done, total) => progress.Report("compare", "predictions with one difference at a time", done, total),
            session.Cancellation);
    }
}
