using System.CommandLine;
using Hybrid.Cli.Output;
using Hybrid.Cli.Shared;
using Hybrid.Drawing.Figures;
using Hybrid.Import.Files;
using Hybrid.Import.Json;
using Hybrid.Lab.Probes;

namespace Hybrid.Cli.Verbs;

/// <summary>hybrid probe: what signals do in a trained network, layer by layer, beside theory and bounds.</summary>
internal static class ProbeCommand
{
    public static Verb Create(Session session)
    {
        Verb verb = new(
            "probe",
            "Measures a trained network layer by layer: how its stream grows, where it departs from theory, which layers are odd.",
            "hybrid probe gpt2-folder --text corpus.txt",
            "hybrid probe pythia-steps --quick",
            "hybrid probe run --compare other-run --report both.html",
            "hybrid probe qwen3-folder --ids ids.txt --tokens 256 --table --json",
            "hybrid probe llama-folder --text corpus.txt --engine torch --device cuda");
        ProbeOptions options = new(verb, session.Networks);
        CommonOptions common = new(verb);
        ReportOption report = new(verb);
        return verb.Does(parsed =>
        {
            ReportFile? page = report.File(parsed);
            string? figure = options.Figure(parsed);
            ProbePlan plan = options.Plan(parsed, common.Seed(parsed));
            RunHeader header = new("probe", plan.Seed, plan.Engine.Name, 0, plan.Threads, plan.Engine.Device);
            IReadOnlyList<ProbeResult> course = Measure(session, parsed, common, options.Folder(parsed), plan, all: true);
            List<ProbeResult> shown = [course[^1]];
            if (options.Other(parsed) is string other)
                shown.Add(Measure(session, parsed, common, other, plan, all: false)[0]);
            Figure drawn = ProbeFigure.Render(shown);
            if (figure is not null)
                AtomicFile.WriteText(figure, drawn.Svg);
            if (page is not null)
                page.Write(ProbePage.Of(shown, course, drawn, header, CommandText.Of(parsed)));
            if (common.Json(parsed))
            {
                Json.Write(session.Terminal.Out, ProbeJson.ToNode(shown, course, header));
                return ExitCode.Agrees;
            }

            ProbeTables.Write(session.Terminal, shown, course, header, options.Table(parsed));
            if (figure is not null)
                session.Terminal.Out.WriteLine($"written: {figure}");
            return ExitCode.Agrees;
        });
    }

    /// <summary>The networks of a folder, all of its steps or the last alone.</summary>
    private static List<ProbeResult> Measure(
        Session session, ParseResult parsed, CommonOptions common, string folder, ProbePlan plan, bool all)
    {
        IReadOnlyList<Func<IProbeSubject>> networks = ProbeFolders.Open(folder);
        List<ProbeResult> results = [];
        foreach (Func<IProbeSubject> open in all ? networks : networks.TakeLast(1))
        {
            session.Cancellation.ThrowIfCancellationRequested();
            using IProbeSubject subject = open();
            try
            {
                results.Add(Probe.Run(
                    subject,
                    folder,
                    plan,
                    common.Apply(parsed, subject.Record),
                    stage => session.Terminal.Error.WriteLine($"{subject.Name}: {stage}"),
                    session.Cancellation));
            }
            catch (InsufficientMemoryException error)
            {
                throw new InputException($"{folder}: {error.Message}", error);
            }
        }

        return results;
    }
}
