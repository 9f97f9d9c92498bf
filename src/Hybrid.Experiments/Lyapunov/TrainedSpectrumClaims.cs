using System.Globalization;
using Hybrid.Drawing.Reports;
using Hybrid.Experiments.Cells;
using Hybrid.Experiments.Designs;
using Hybrid.Experiments.Hypotheses;
using Hybrid.Experiments.Measurement;
using Hybrid.Lab.Statistics;
using Hybrid.Networks.Training;

namespace Hybrid.Experiments.Lyapunov;

/// <summary>The hypotheses about trained networks and their judgement.</summary>
internal sealed class TrainedSpectrumClaims
{
    // Tangents forwards are central differences, exact to some 1e-10 each; n d = 64 of them and the inverse of a block's
    // Jacobian, of norm up to 100, stand between that and the logarithm of its determinant.
    private const double DifferenceError = 1e-6;

    // Exponents per block, as those of random networks: wider than 0.05 is inconclusive.
    private const double Scale = 0.1;

    private readonly IReadOnlyList<TrainedSpectrum> _leading, _complete;
    private readonly PlannedClaim _sums, _ways, _edge;

    /// <summary>The claims.</summary>
    /// <param name="leading">Networks of which the leading exponents are measured.</param>
    /// <param name="complete">Networks of which all are.</param>
    public TrainedSpectrumClaims(IReadOnlyList<TrainedSpectrum> leading, IReadOnlyList<TrainedSpectrum> complete)
    {
        (_leading, _complete) = (leading, complete);
        Hypothesis sums = new(
            "H6",
            "Over a complete spectrum the exponents of a block sum to the same "
                + "forwards as backwards, log |det J|, before training and after it. "
                + "Not tested of post, whose Jacobian has no inverse: the norm of every token is forgotten.",
            string.Create(
                CultureInfo.InvariantCulture,
                $"the largest difference over blocks and runs is at most {DifferenceError:0e+0}: "
                + $"64 tangents, each exact to about 1e-10, times a norm of J⁻¹ of up to 100."),
            Each(complete, (network, moment) => Sum(network, moment)));
        Hypothesis ways = new(
            "H7",
            "Leading exponents over the whole depth agree forwards and backwards, "
                + "before training and after it: J and Jᵀ have the same singular values, "
                + "so from random tangents the sums of the leading ones have the same law at any depth.",
            "the mean over runs of the difference per block, of λ_1 and of the sum of all measured ones, "
            + "is 0 within k standard errors (Student's t); wider than 0.05 is inconclusive.",
            [.. leading.SelectMany(network => Sizes(network).SelectMany(k => network.Moments.Select(moment => Way(network, k, moment))))]);
        Hypothesis edge = new(
            "H8",
            "Training moves networks towards the edge of chaos: |λ_1| is smaller after training than before "
            + "it (the reading that the literature gives to trained networks: Feng, Zhang and Lai 2019).",
            "the mean over runs of |λ_1| per block after training less that before it is below 0 with its whole interval (Student's t).",
            [.. leading.Select(Edge)]);
        _sums = new(sums, Each(complete, (network, moment) =>
            new PlannedTest(Sum(network, moment), (results, _) => MeasuredSum(network, moment, results))));
        _ways = new(ways, [.. leading.SelectMany(network => Sizes(network).SelectMany(k => network.Moments.Select(moment => Decided(
            Way(network, k, moment),
            results => network.Of(results, TrainedSpectrum.Difference(k, moment.Step)),
            (number, mean, level) => TestedNumber.Equal(number, mean, Scale, level)))))]);
        _edge = new(edge, [.. leading.Select(network =>
            Decided(Edge(network), results => Approach(network, results), TestedNumber.Below))]);
    }

    public IReadOnlyList<PlannedClaim> Planned => [_sums, _ways, _edge];

    public IEnumerable<Cell> Cells => _leading.Concat(_complete).SelectMany(network => network.Runs);

    public Evaluation Evaluate(CellResults results, double level)
    {
        HypothesisResult sums = _sums.Judge(results, level), ways = _ways.Judge(results, level), edge = _edge.Judge(results, level);
        return new(
            [sums, ways, edge],
            [
                new("Trained networks", [TrainedSpectrumFigure.Of(_leading, _complete, results), Table(results)]),
                new("Reading: trained networks", [new ReportParagraph(Reading(sums, ways, edge, results))]),
            ]);
    }

    private static PlannedTest Decided(
        RegisteredNumber number,
        Func<CellResults, Estimate> measure,
        Func<RegisteredNumber, Estimate, double, TestedNumber> judge) => new(number, (results, level) =>
    {
        Estimate mean = measure(results);
        return mean.Samples < 2 ? TestedNumber.Undecided(number) : judge(number, mean, level);
    });

    private static TestedNumber MeasuredSum(TrainedSpectrum network, (string Name, int Step) moment, CellResults results)
    {
        double[] mismatches = network.Values(results, TrainedSpectrum.Mismatch(moment.Step));
        if (mismatches.Length == 0)
            return TestedNumber.Undecided(Sum(network, moment));
        double largest = mismatches.Max();
        return TestedNumber.Inside(Sum(network, moment), largest, largest - DifferenceError, largest + DifferenceError, 1);
    }

    private static T[] Each<T>(IReadOnlyList<TrainedSpectrum> networks, Func<TrainedSpectrum, (string Name, int Step), T> select) =>
        [.. networks.SelectMany(network => network.Moments.Select(moment => select(network, moment)))];

    private static int[] Sizes(TrainedSpectrum network) => [1, network.Size.Exponents];

    private static RegisteredNumber Sum(TrainedSpectrum network, (string Name, int Step) moment) =>
        new($"{network.Placement}, {moment.Name}", $"forwards − backwards, all {network.Size.Exponents}", 0);

    private static RegisteredNumber Way(TrainedSpectrum network, int k, (string Name, int Step) moment) =>
        new($"{network.Placement}, {moment.Name}", k == 1 ? "forwards − backwards, λ_1" : $"forwards − backwards, λ_1 + … + λ_{k}", 0);

    private static RegisteredNumber Edge(TrainedSpectrum network) => new(network.Placement, "|λ_1| after − before below", 0);

    private static Estimate Leading(TrainedSpectrum network, int step, CellResults results) =>
        network.Of(results, TrainedSpectrum.Leading(step));

    /// <summary>Run by run, of those that reached the end.</summary>
    private static Estimate Approach(TrainedSpectrum network, CellResults results)
    {
        string before = TrainedSpectrum.Leading(0), after = TrainedSpectrum.Leading(network.Size.Steps);
        return Estimate.Of([.. network.Finished(results, after).Select(run => Math.Abs(run[after].Mean) - Math.Abs(run[before].Mean))]);
    }

    private ReportTable Table(CellResults results) => new(
        string.Create(
            CultureInfo.InvariantCulture,
            $"λ_1 per block before and after training, mean of forwards and backwards, and test loss (nats per token; "
            + $"optimum {Optimum(_leading[0]):0.####}); mean ± standard error over {_leading[0].Size.Runs} runs:"),
        ["<placement", "λ_1 before", "λ_1 after", "loss"],
        [.. _leading.Select(network => (IReadOnlyList<string>)
        [
            network.Placement,
            .. network.Moments.Select(moment => Leading(network, moment.Step, results).ToString()),
            network.Of(results, TrainedSpectrum.Loss).ToString(),
        ])]);

    private static double Optimum(TrainedSpectrum network) =>
        TrainingChain.Source.OptimalLoss(TrainingTask.NextToken, network.Size.Tokens)!.Value;

    private string Reading(HypothesisResult sums, HypothesisResult ways, HypothesisResult edge, CellResults results)
    {
        static double Largest(HypothesisResult result) => result.Tests.Max(test => Math.Abs(test.Measured));
        string Change(TestedNumber test) => string.Create(
            CultureInfo.InvariantCulture,
            $"{test.Measured:+0.0000;−0.0000} under {test.Subject} "
            + $"({test.Outcome switch { Outcome.Supported => "towards 0", Outcome.Refuted => "away from 0", _ => "undecided" }})");
        int diverged = _leading.Concat(_complete).Sum(
            network => network.Runs.Count(run => double.IsPositiveInfinity(results[run][TrainedSpectrum.Loss].Mean)));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"Complete spectra of trained and untrained networks sum to the same forwards and backwards "
            + $"within {Largest(sums):0.0e+0}; leading exponents agree within {Largest(ways):0.0e+0} per block, "
            + $"{ways.Count(Outcome.Refuted)} of {ways.Tests.Count} outside their interval. ")
            + $"Training changed |λ_1| per block by {string.Join(", ", edge.Tests.Select(Change))}. "
            + string.Create(
                CultureInfo.InvariantCulture,
                $"{diverged} of {_leading.Concat(_complete).Sum(network => network.Runs.Count)} runs diverged. ")
            + "One small task and optimiser; a depth of some ten blocks is far from the limit in "
            + "which exponents are defined, so these are growth rates over the network's own depth.";
    }
}
