using System.Globalization;
using Hybrid.Architectures;
using Hybrid.Import.HuggingFace;
using Hybrid.Import.Records;

namespace Hybrid.Cli.Output;

/// <summary>What every page says alike: what was asked, what the theory takes for granted, where and when it ran.</summary>
internal static class RunSections
{
    /// <summary>The command and the whole record of every architecture: enough to repeat the run.</summary>
    public static ReportSection Asked(string command, IEnumerable<Architecture> architectures, IEnumerable<ImportReport?>? imports = null)
    {
        List<IReportBlock> content = [new ReportCode(command)];
        IEnumerable<ImportReport?> reports = imports ?? Enumerable.Repeat<ImportReport?>(null, int.MaxValue);
        foreach ((Architecture architecture, ImportReport? import) in architectures.Zip(reports))
        {
            content.Add(new ReportCode(ArchitectureJson.ToText(architecture)));
            if (import is null)
                continue;
            using StringWriter source = new() { NewLine = "\n" };
            ImportNotes.WriteSource(source, import);
            content.Add(new ReportParagraph(source.ToString().TrimEnd()));
        }

        return new("What was asked", content);
    }

    /// <summary>The theory's assumptions; what strains them here stands beside the verdict.</summary>
    public static ReportSection Assumptions() => new(
        "What is taken for granted",
        [
            new ReportParagraph(
                "Width tends to infinity at a fixed number of tokens; weights are independent Gaussians, as at initialisation; tokens are "
                + "permutation-symmetric unless a mask says otherwise. "
                + "Finite width shifts every number by a term of order 1/width. Bounds hold "
                + "for any weights."),
        ]);

    /// <summary>Version, machine, seed, time.</summary>
    public static ReportSection Run(RunHeader header, double? seconds = null)
    {
        List<IReadOnlyList<string>> rows =
        [
            ["version", $"hybrid {Machine.Version}"],
            ["machine", $"{Machine.Processor}, {Environment.ProcessorCount} threads, SIMD {Machine.Simd}"],
            ["seed", header.Seed.ToString(CultureInfo.InvariantCulture)],
        ];
        if (header.Engine is not null)
        {
            rows.Add(["engine",
                string.Create(CultureInfo.InvariantCulture, $"{header.Engine}, {header.Samples} samples, {header.Threads} threads")]);
        }

        if (seconds is double time)
            rows.Add(["seconds", time.ToString("0.0", CultureInfo.InvariantCulture)]);
        return new("The run", [new ReportTable("", ["<", "<"], rows)]);
    }
}
