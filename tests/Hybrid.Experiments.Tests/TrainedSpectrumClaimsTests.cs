using Hybrid.Architectures;
using Hybrid.Drawing.Reports;
using Hybrid.Experiments.Cells;
using Hybrid.Experiments.Designs;
using Hybrid.Experiments.Hypotheses;
using Hybrid.Experiments.Lyapunov;
using Hybrid.Lab.Statistics;
using Hybrid.Theory;
using Xunit;

namespace Hybrid.Experiments.Tests;

/// <summary>Verdicts and reading on numbers that are made up.</summary>
public class TrainedSpectrumClaimsTests
{
    private const double Rate = 1e-4;

    private static readonly TrainedSize Size = new(2, 2, 8, 4, 1, 2, 8, 10);

    [Fact]
    public void Exponents_nearer_to_0_after_training_support_the_edge_of_chaos() =>
        Assert.Equal((Outcome.Supported, "−0.2000 under post (towards 0)"), Judge(before: -0.3, after: 0.1, runs: 8));

    [Fact]
    public void Exponents_further_from_0_refute_it() =>
        Assert.Equal((Outcome.Refuted, "+0.2000 under post (away from 0)"), Judge(before: 0.1, after: -0.3, runs: 8));

    [Fact]
    public void Where_runs_diverge_nothing_is_decided() =>
        Assert.Equal((Outcome.Inconclusive, "7 of 16 runs diverged"), Judge(before: 0.1, after: -0.3, runs: 1));

    /// <summary>The verdict of the last hypothesis, and the phrase that the test expects in the reading.</summary>
    private static (Outcome, string) Judge(double before, double after, int runs)
    {
        TrainedSpectrum network = new(Placement.Post, Size), complete = new(Placement.Pre, Size);
        TrainedSpectrumClaims claims = new([network], [complete]);
        CellResults results = new(network.Runs.Select((run, i) => (run.Key, Values: Run(before, after, 1e-3 * i, i < runs)))
            .Concat(complete.Runs.Select(run => (run.Key, Values: Run(before, after, 0, true))))
            .ToDictionary(run => run.Key, run => run.Values));
        Evaluation evaluation = claims.Evaluate(results, Rate);
        string reading = string.Concat(
            evaluation.Findings.SelectMany(section => section.Content).OfType<ReportParagraph>().Select(paragraph => paragraph.Text));
        string[] phrases = ["7 of 16 runs diverged", "−0.2000 under post (towards 0)", "+0.2000 under post (away from 0)"];
        return (evaluation.Results[^1].Outcome, phrases.First(phrase => reading.Contains(phrase, StringComparison.Ordinal)));
    }

    private static CellValues Run(double before, double after, double noise, bool finished)
    {
        Dictionary<string, Estimate> values = [];
        void Add(string name, double value) => values.Add(name, new(value, double.NaN, 1));
        Add(TrainedSpectrum.Loss, finished ? 1 : double.PositiveInfinity);
        foreach ((int step, double exponent) in finished ? [(0, before), (Size.Steps, after)] : ((int, double)[])[(0, before)])
        {
            Add(TrainedSpectrum.Leading(step), exponent);
            foreach (int k in (IEnumerable<int>)[1, Size.Exponents])
                Add(TrainedSpectrum.Difference(k, step), noise - 3.5e-3);
            Add(TrainedSpectrum.Mismatch(step), 1e-9);
            for (int k = 1; k <= Size.Exponents; k++)
            {
                Add(TrainedSpectrum.Mean(TrainedSpectrum.Forwards, k, step), exponent / k);
                Add(TrainedSpectrum.Mean(TrainedSpectrum.Backwards, k, step), exponent / k);
            }

            for (int block = 1; block <= Size.Depth; block++)
                Add(TrainedSpectrum.Exponent(TrainedSpectrum.Forwards, block, 1, step), exponent + noise);
        }

        return new(values);
    }
}
