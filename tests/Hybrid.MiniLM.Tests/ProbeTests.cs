using System.Globalization;
using System.Text.RegularExpressions;
using Hybrid.Import.Checkpoints;
using Hybrid.Lab.Probes;
using Xunit;

namespace Hybrid.MiniLM.Tests;

public sealed partial class ProbeTests(MiniLmFolder minilm) : IClassFixture<MiniLmFolder>
{
    private static readonly ProbePlan Plan =
        new(128, 5, Path.Combine(AppContext.BaseDirectory, "text.txt"), null, null, Exponents: 4, Quick: false, Seed: 1, Threads: 2);

    [Fact]
    public void The_page_shows_what_is_measured_and_no_token_is_longer_than_gains_allow()
    {
        using IProbeSubject subject = Assert.Single(ProbeFolders.Open(minilm.Folder))();
        ProbeResult result = Probe.Run(subject, minilm.Folder, Plan, subject.Record, _ => { }, CancellationToken.None);
        Assert.False(result.Bounds!.NeedsWeights);
        string[][] rows = [.. Rows(File.ReadAllText(Page()))];
        Assert.Equal(MiniLmCheckpoint.Layers + 1, rows.Length);
        for (int layer = 0; layer < rows.Length; layer++)
        {
            ProbeBoundary boundary = result.Boundaries[layer];
            Assert.InRange(boundary.LargestNorm / Math.Sqrt(384), 0, result.Bounds.Norms[layer] * (1 + 1e-6));
            AssertShown(rows[layer][1], boundary.Norm);
            AssertShown(rows[layer][2], boundary.U);
            AssertShown(rows[layer][3], result.Theory.U[layer]);
            AssertShown(rows[layer][4], boundary.LargestNorm / Math.Sqrt(384) / result.Bounds.Norms[layer]);
        }
    }

    // A number to three digits, half of the last of which is rounding; sums in single precision leave less.
    private static void AssertShown(string shown, double measured)
    {
        double number = double.Parse(shown, CultureInfo.InvariantCulture);
        Assert.InRange(measured, number - 0.0006, number + 0.0006);
    }

    private static IEnumerable<string[]> Rows(string page) =>
        page.Split('\n').Where(line => LayerRow().IsMatch(line)).Select(line => line.Trim('|').Split('|', StringSplitOptions.TrimEntries));

    private static string Page()
    {
        string folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Hybrid.sln")))
            folder = Path.GetDirectoryName(folder)!;
        return Path.Combine(folder, "docs/results/minilm.md");
    }

    [GeneratedRegex(@"^\|\s+[0-6] \|")]
    private static partial Regex LayerRow();
}
