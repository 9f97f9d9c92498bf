using System.Globalization;
using Hybrid.Drawing.Reports;
using Hybrid.Experiments.Cells;
using Hybrid.Experiments.Designs;
using Hybrid.Experiments.Hypotheses;
using Hybrid.Lab.Statistics;

namespace Hybrid.Experiments.ResidualGrowth;

/// <summary>The hypotheses of the experiment and their judgement.</summary>
internal sealed class ResidualGrowthClaims
{
    // % per block: a tenth of what is known of GPT-2 XL, 4.5 % per layer. Less is no growth in the sense of the claims.
    private const double Least = 0.45;

    // Single precision through one normalisation; before training also through the sums of a whole network.
    private const double Rounding = 1e-5;

    private readonly IReadOnlyList<GrownNetwork> _grid;
    private readonly ResidualGrowthSize _size;

    public ResidualGrowthClaims(IReadOnlyList<GrownNetwork> grid, ResidualGrowthSize size)
    {
        (_grid, _size) = (grid, size);
        string layers = string.Create(
            CultureInfo.InvariantCulture,
            $"over the stated layers (after blocks {ResidualGrowthSize.First} to {size.Last} of {size.Depth})");
        string least = Least.ToString(CultureInfo.InvariantCulture);
        const string Runs = "as means over runs with their whole interval (Student's t)";
        const string Preferred =
            "the corrected Akaike criterion of the better of linear and power law less that of the exponential is above 0";
        Hypothesis initial = new(
            "H1",
            "Before training q grows as predicted: by what independent branches add, "
            + "to q = 1 + 2ℓ exactly under peri, and not at all under post.",
            "the mean extrapolated to infinite width from two widths equals the registered "
                + "number within k standard errors (Student's t, Welch), plus the estimated O(1/d²) "
                + "term; wider than half of it is inconclusive.",
            [.. grid.SelectMany(network => Layers.Select(layer => Initial(network, layer)))]);
        Hypothesis exponential = new(
            "H2",
            $"In trained pre-norm networks √q grows exponentially {layers}.",
            $"the growth is above {least} % per block, a tenth of what is known of GPT-2 XL, and {Preferred}, {Runs}.",
            []);
        Hypothesis peri = new(
            "H3",
            $"In trained peri-norm networks √q does not grow exponentially {layers}: by (10.1) it is at most linear where gains are equal.",
            $"the corrected Akaike criterion of the better of linear and power law less that of the exponential is below 0, {Runs}.",
            []);
        Hypothesis independent = new(
            "H4",
            "Independent addition of the branches predicts too little growth in trained pre- and peri-norm networks.",
            $"the growth of log q {layers} over Σ log(1 + q_branches/q) is above 1, "
            + $"and the mean cosine of branch and stream is above 0, {Runs}.",
            []);
        Hypothesis shrinks = new(
            "H5",
            $"In trained post-norm networks √q shrinks exponentially {layers}.",
            $"the growth is below −{least} % per block, and {Preferred}, {Runs}.",
            []);
        Hypothesis stronger = new(
            "H6",
            "√q grows more strongly in trained post-norm networks than in pre-norm ones.",
            $"the difference of their growths is above {least} %-points per block with its whole interval (Welch).",
            []);
        Hypothesis gains = new(
            "H7",
            "Neither: a trained post-norm stream's norm is that of the gains. "
            + "No token is longer than γ_max √d, and √q grows with the gain's root mean square.",
            "the largest ‖x‖/(γ_max √d) of all runs is at most 1 but for rounding, and |growth of √q − growth of the gains| is below "
                + $"{least} %-points per block, {Runs}.",
            []);
        IEnumerable<GrownNetwork> Of(string placement) => grid.Where(network => network.Placement == placement);
        Planned =
        [
            new(initial, [.. grid.SelectMany(network => Layers.Select(layer =>
                new PlannedTest(Initial(network, layer), (results, level) => MeasuredInitial(network, layer, results, level))))]),
            new(exponential, [.. Of("pre").SelectMany(network => new[]
            {
                Side(network, "growth per block above, %", Least, +1, streams => streams.Percent),
                Side(network, "preference for the exponential above", 0, +1, streams => streams.Margin),
            })]),
            new(peri, [.. Of("peri").Select(network =>
                Side(network, "preference for the exponential below", 0, -1, streams => streams.Margin))]),
            new(independent, [.. Of("pre").Concat(Of("peri")).SelectMany(network => new[]
            {
                Side(network, "growth over independent above", 1, +1, streams => streams.OverIndependent),
                Side(network, "cosine of branch and stream above", 0, +1, streams => streams.Correlation),
            })]),
            new(shrinks, [.. Of("post").SelectMany(network => new[]
            {
                Side(network, "growth per block below, %", -Least, -1, streams => streams.Percent),
                Side(network, "preference for the exponential above", 0, +1, streams => streams.Margin),
            })]),
            new(stronger, [.. Of("post").Zip(Of("pre"), Stronger)]),
            new(gains, [.. Of("post").SelectMany(network => new[] { Filled(network), BeyondGains(network) })]),
        ];
    }

    public IReadOnlyList<PlannedClaim> Planned { get; }

    /// <summary>Boundaries whose q before training is registered.</summary>
    private IReadOnlyList<int> Layers => [_size.Depth / 2, _size.Depth];

    public Evaluation Evaluate(CellResults results, double level)
    {
        GrownStreams[] streams = [.. _grid.Select(network => new GrownStreams(network, _size, results))];
        HypothesisResult[] judged = [.. Planned.Select(claim => claim.Judge(results, level))];
        return new(
            judged,
            [
                new("Growth",
                [
                    ResidualGrowthFigures.Norms(streams, _size),
                    ResidualGrowthTables.Growth(streams, level),
                    ResidualGrowthFigures.Growth(streams, level),
                    ResidualGrowthFigures.Training(streams, _size),
                ]),
                new("Branch and stream",
                [
                    ResidualGrowthFigures.Correlations(streams, _size),
                    ResidualGrowthTables.Addition(streams, level),
                ]),
                new("Reading", [.. ResidualGrowthReading.Of(streams, _size, level).Select(text => new ReportParagraph(text))]),
            ]);
    }

    private static RegisteredNumber Initial(GrownNetwork network, int layer) =>
        new(network.Subject, $"q after block {layer}", network.Predicted[layer].Mean);

    private static TestedNumber MeasuredInitial(GrownNetwork network, int layer, CellResults results, double level)
    {
        Estimate predicted = network.Predicted[layer];
        return TestedNumber.Equal(
            Initial(network, layer),
            new Spread(predicted.StandardError, predicted.Samples - 1),
            network.Initial.Extrapolate(results, StreamProfile.SquaredNorm(layer), predicted.Mean),
            predicted.Mean,
            level,
            Rounding * predicted.Mean);
    }

    private PlannedTest Side(GrownNetwork network, string quantity, double bound, int side, Func<GrownStreams, Estimate> measure) =>
        Test(new(network.Subject, quantity, bound), network, (number, streams, level) =>
        {
            Estimate measured = measure(streams);
            return OnSide(number, side, measured.Mean, new(measured.StandardError, measured.Samples - 1), level);
        });

    private PlannedTest Stronger(GrownNetwork post, GrownNetwork pre)
    {
        RegisteredNumber bound = new($"post − pre, {post.Task.Name}", "difference of growths above, %", Least);
        return new(bound, (results, level) =>
        {
            Estimate first = new GrownStreams(post, _size, results).Percent, second = new GrownStreams(pre, _size, results).Percent;
            return OnSide(
                bound,
                +1,
                first.Mean - second.Mean,
                new Spread(first.StandardError, first.Samples - 1) + new Spread(second.StandardError, second.Samples - 1),
                level);
        });
    }

    /// <summary>The largest of all runs has no error; without runs nothing is known of it.</summary>
    private PlannedTest Filled(GrownNetwork network) => Test(
        new(network.Subject, "‖x‖/(γ_max √d) at most", 1 + Rounding),
        network,
        (number, streams, level) =>
            OnSide(number, -1, streams.Filled, new(0, streams.After.Length > 0 ? double.PositiveInfinity : 0), level));

    private PlannedTest BeyondGains(GrownNetwork network) => Side(
        network,
        "|growth beyond the gains| below, %",
        Least,
        -1,
        streams => streams.BeyondGains with { Mean = Math.Abs(streams.BeyondGains.Mean) });

    private PlannedTest Test(
        RegisteredNumber number, GrownNetwork network, Func<RegisteredNumber, GrownStreams, double, TestedNumber> judge) =>
        new(number, (results, level) => judge(number, new GrownStreams(network, _size, results), level));

    private static TestedNumber OnSide(RegisteredNumber bound, int side, double measured, Spread spread, double level)
    {
        double half = ResidualGrowthTables.HalfWidth(spread, level);
        return double.IsFinite(half)
            ? TestedNumber.OnSide(bound, side, measured, half)
            : TestedNumber.Undecided(bound) with { Measured = measured, Side = side };
    }
}
