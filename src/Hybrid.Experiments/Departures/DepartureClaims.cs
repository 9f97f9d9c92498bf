using System.Globalization;
using Hybrid.Drawing;
using Hybrid.Drawing.Reports;
using Hybrid.Experiments.Cells;
using Hybrid.Experiments.Designs;
using Hybrid.Experiments.Hypotheses;
using Hybrid.Lab.Statistics;

namespace Hybrid.Experiments.Departures;

/// <summary>The hypotheses of the experiment and their judgement.</summary>
internal sealed class DepartureClaims
{
    // Cosines: wider than 0.05 is inconclusive.
    private const double CosineScale = 0.1;

    private readonly IReadOnlyList<DepartingNetwork> _networks;
    private readonly DepartureSize _size;

    public DepartureClaims(IReadOnlyList<DepartingNetwork> networks, DepartureSize size)
    {
        (_networks, _size) = (networks, size);
        const string Runs = "as means over runs with their whole interval (Student's t)";
        Hypothesis first = new(
            "H1",
            "The blocks that depart first are those where theory has the larger gradient before training: the first half of the blocks "
                + "departs more than the second where its predicted g_d is larger, and less where it is smaller.",
            $"the mean departure of the first half less that of the second is on the registered side of 0, {Runs}.",
            [.. networks.Select(network => new RegisteredNumber(
                network.Placement, "predicted g_d, first half over second", network.GradientRatio))]);
        Hypothesis before = new(
            "H2",
            "Before training branches are independent of the stream: their mean cosine is 0 at any width, "
                + "since W_O and W_2 are as likely as their negatives.",
            "the mean over runs is 0 within k standard errors (Student's t); wider than 0.05 is inconclusive.",
            [.. networks.Select(network => Cosine(network, trained: false))]);
        Hypothesis after = new(
            "H3",
            "After training branches add to the stream under every placement: their mean cosine with it is positive.",
            $"the mean cosine is above 0, {Runs}.",
            []);
        Hypothesis grows = new(
            "H4",
            "Where no norm stands on the sum, trained streams end longer than theory before training says of the same embedded tokens.",
            $"log √q behind the last block over the theory's is above 0, {Runs}.",
            []);
        Hypothesis edge = new(
            "H5",
            "Training moves λ_1 towards 0: its size, as a mean over blocks, is smaller after training than before it.",
            $"|λ_1| per block after training less that before it is below 0, {Runs}.",
            []);
        Planned =
        [
            new(first, [.. networks.Select(network => Test(
                Side(network), network.GradientRatio > 1 ? +1 : -1,
                network, run => network.Departure(run, first: true) - network.Departure(run, first: false)))]),
            new(before, [.. networks.Select(network => new PlannedTest(Cosine(network, trained: false), (results, level) =>
                Decided(Cosine(network, trained: false), network.Of(results, run => CosineOf(network, run, 0)),
                    mean => TestedNumber.Equal(Cosine(network, trained: false), mean, CosineScale, level))))]),
            new(after, [.. networks.Select(network => Test(
                Cosine(network, trained: true), +1, network, run => CosineOf(network, run, network.End)))]),
            new(grows, [.. networks.Where(network => network.Placement != "post").Select(network => Test(
                new(network.Placement, "log √q over theory, last block, above", 0), +1,
                network, run => run[DepartureMeter.Away(size.Depth, network.End)].Mean))]),
            new(edge, [.. networks.Select(network => Test(
                new(network.Placement, "|λ_1| after − before below", 0), -1,
                network, run => Math.Abs(Exponent(network, run, network.End)) - Math.Abs(Exponent(network, run, 0))))]),
        ];
    }

    public IReadOnlyList<PlannedClaim> Planned { get; }

    public Evaluation Evaluate(CellResults results, double level)
    {
        HypothesisResult[] judged = [.. Planned.Select(claim => claim.Judge(results, level))];
        return new(
            judged,
            [
                new("Departures", [DepartureFigure.Of(_networks, _size, results), Table(results)]),
                new("Reading", [new ReportParagraph(Reading(judged, results)), new ReportParagraph(RealNetwork)]),
            ]);
    }

    /// <summary>What docs/results/minilm.md has of a network that others trained; no test is made of it.</summary>
    private const string RealNetwork =
        "A real network beside them, all-MiniLM-L6-v2, post-norm, 6 blocks, as minilm.md of these results has it: by the same measure the "
        + "second half departs more (0.41 a block against 0.22, mostly the last block), cosines are positive in 11 of 12 branches (0.06 to "
        + "0.32; −0.06 for the last MLP), and λ_1 of its blocks is −0.39, −0.14, −0.06, 0.02, −0.24, −0.51; there is no measurement of it "
        + "before training. One network: a fact to stand beside these, not a test of them.";

    private static double CosineOf(DepartingNetwork network, CellValues run, int step) => network.Mean(run, DepartureMeter.Cosine, step);

    private static double Exponent(DepartingNetwork network, CellValues run, int step) => network.Mean(run, DepartureMeter.Exponent, step);

    private static RegisteredNumber Side(DepartingNetwork network) => new(
        network.Placement, $"departure, first half − second, {(network.GradientRatio > 1 ? "above" : "below")}", 0);

    private static RegisteredNumber Cosine(DepartingNetwork network, bool trained) =>
        new(network.Placement, trained ? "cosine after training above" : "cosine before training", 0);

    private static PlannedTest Test(RegisteredNumber number, int side, DepartingNetwork network, Func<CellValues, double> measure) =>
        new(number, (results, level) => Decided(number, network.Of(results, measure), mean => side > 0
            ? TestedNumber.Above(number, mean, level)
            : TestedNumber.Below(number, mean, level)));

    private static TestedNumber Decided(RegisteredNumber number, Estimate mean, Func<Estimate, TestedNumber> judge) =>
        mean.Samples < 2 ? TestedNumber.Undecided(number) : judge(mean);

    private ReportTable Table(CellResults results) => new(
        string.Create(
            CultureInfo.InvariantCulture,
            $"Mean ± standard error over {_size.Runs} runs (departures a block, log √q over theory behind the last block, mean cosine of "
            + $"branch and stream, mean λ_1 per block, test loss in nats per token):"),
        [
            "<placement", "g_d ratio", "departs, first half", "second half", "log √q over theory", "cosine before", "cosine after",
            "λ_1 before", "λ_1 after", "loss", "runs diverged",
        ],
        [.. _networks.Select(network => (IReadOnlyList<string>)
        [
            network.Placement,
            Numbers.Significant(network.GradientRatio, 3),
            network.Of(results, run => network.Departure(run, first: true)).ToString(),
            network.Of(results, run => network.Departure(run, first: false)).ToString(),
            network.Of(results, run => run[DepartureMeter.Away(_size.Depth, network.End)].Mean).ToString(),
            network.Of(results, run => CosineOf(network, run, 0)).ToString(),
            network.Of(results, run => CosineOf(network, run, network.End)).ToString(),
            network.Of(results, run => Exponent(network, run, 0)).ToString(),
            network.Of(results, run => Exponent(network, run, network.End)).ToString(),
            network.LossOf(results).ToString(),
            (network.Runs.Count - network.Finished(results).Length).ToString(CultureInfo.InvariantCulture),
        ])]);

    private string Reading(HypothesisResult[] judged, CellResults results)
    {
        static string Word(Outcome outcome) => outcome switch
        {
            Outcome.Supported => "as said",
            Outcome.Refuted => "the other way",
            _ => "undecided",
        };
        static string All(HypothesisResult result) => string.Join(", ", result.Tests.Select(test => string.Create(
            CultureInfo.InvariantCulture, $"{test.Subject} {test.Measured:+0.0000;−0.0000} ({Word(test.Outcome)})")));
        string Largest(DepartingNetwork network)
        {
            CellValues[] runs = network.Finished(results);
            if (runs.Length == 0)
                return $"{network.Placement}: no run ended";
            int block = Enumerable.Range(1, _size.Depth).MaxBy(number => runs.Average(run => network.Departure(run, number)));
            return string.Create(
                CultureInfo.InvariantCulture,
                $"{network.Placement}: block {block}, {runs.Average(run => network.Departure(run, block)):0.000}");
        }

        return $"First half less second half: {All(judged[0])}. "
            + $"The block that departs most: {string.Join("; ", _networks.Select(Largest))}. "
            + $"Cosine of branch and stream after training: {All(judged[2])}. "
            + $"Norm behind the last block over the theory's: {All(judged[3])}. "
            + $"Change of |λ_1| per block: {All(judged[4])}. One small task, optimiser and size; a departure adds two quantities with "
            + "equal weight, and says where the theory of untrained weights is left, not why.";
    }
}
