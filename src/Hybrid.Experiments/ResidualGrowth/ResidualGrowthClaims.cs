using System.Globalization;
using Hybrid.Drawing.Reports;
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
    private readonly Hypothesis _initial, _exponential, _peri, _independent, _shrinks, _stronger, _gains;
    private readonly double _rate;

    public ResidualGrowthClaims(IReadOnlyList<GrownNetwork> grid, ResidualGrowthSize size)
    {
        (_grid, _size) = (grid, size);
        string layers = string.Create(CultureInfo.InvariantCulture, $"over the stated layers (after blocks {ResidualGrowthSize.First} to {size.Last} of {size.Depth})");
        string least = Least.ToString(CultureInfo.InvariantCulture);
        const string Runs = "as means over runs with their whole interval (Student's t)";
        const string Preferred = "the corrected Akaike criterion of the better of linear and power law less that of the exponential is above 0";
        _initial = new(
            "H1",
            "Before training q grows as predicted: by what independent branches add, to q = 1 + 2ℓ exactly under peri, and not at all under post.",
            "the mean extrapolated to infinite width from two widths equals the registered number within k standard errors (Student's t, Welch), plus the estimated O(1/d²) "
                + "term; wider than half of it is inconclusive.",
            [.. grid.SelectMany(network => Layers.Select(layer => Initial(network, layer)))]);
        _exponential = new(
            "H2",
            $"In trained pre-norm networks √q grows exponentially {layers}.",
            $"the growth is above {least} % per block, a tenth of what is known of GPT-2 XL, and {Preferred}, {Runs}.",
            []);
        _peri = new(
            "H3",
            $"In trained peri-norm networks √q does not grow exponentially {layers}: by (10.1) it is at most linear where gains are equal.",
            $"the corrected Akaike criterion of the better of linear and power law less that of the exponential is below 0, {Runs}.",
            []);
        _independent = new(
            "H4",
            "Independent addition of the branches predicts too little growth in trained pre- and peri-norm networks.",
            $"the growth of log q {layers} over Σ log(1 + q_branches/q) is above 1, and the mean cosine of branch and stream is above 0, {Runs}.",
            []);
        _shrinks = new(
            "H5",
            $"In trained post-norm networks √q shrinks exponentially {layers}.",
            $"the growth is below −{least} % per block, and {Preferred}, {Runs}.",
            []);
        _stronger = new(
            "H6",
            "√q grows more strongly in trained post-norm networks than in pre-norm ones.",
            $"the difference of their growths is above {least} %-points per block with its whole interval (Welch).",
            []);
        _gains = new(
            "H7",
            "Neither: a trained post-norm stream's norm is that of the gains. No token is longer than γ_max √d, and √q grows with the gain's root mean square.",
            "the largest ‖x‖/(γ_max √d) of all runs is at most 1 but for rounding, and |growth of √q − growth of the gains| is below "
                + $"{least} %-points per block, {Runs}.",
            []);
        int tasks = grid.DistinctBy(network => network.Task).Count();
        _rate = Significance.PerTest(_initial.Predictions.Count + tasks * (2 + 1 + 4 + 2 + 1 + 2));
    }

    public IReadOnlyList<Hypothesis> Hypotheses => [_initial, _exponential, _peri, _independent, _shrinks, _stronger, _gains];

    /// <summary>Boundaries whose q before training is registered.</summary>
    private IReadOnlyList<int> Layers => [_size.Depth / 2, _size.Depth];

    public Evaluation Evaluate(CellResults results)
    {
        GrownStreams[] streams = [.. _grid.Select(network => new GrownStreams(network, _size, results))];
        IEnumerable<GrownStreams> Of(string placement) => streams.Where(item => item.Network.Placement == placement);
        HypothesisResult initial = new(_initial, [.. _grid.SelectMany(network => Layers.Select(layer => MeasuredInitial(network, layer, results)))]);
        HypothesisResult exponential = new(_exponential, [.. Of("pre").SelectMany(item => new[]
        {
            Side(item, "growth per block above, %", Least, +1, item.Percent),
            Side(item, "preference for the exponential above", 0, +1, item.Margin),
        })]);
        HypothesisResult peri = new(_peri, [.. Of("peri").Select(item => Side(item, "preference for the exponential below", 0, -1, item.Margin))]);
        HypothesisResult independent = new(_independent, [.. Of("pre").Concat(Of("peri")).SelectMany(item => new[]
        {
            Side(item, "growth over independent above", 1, +1, item.OverIndependent),
            Side(item, "cosine of branch and stream above", 0, +1, item.Correlation),
        })]);
        HypothesisResult shrinks = new(_shrinks, [.. Of("post").SelectMany(item => new[]
        {
            Side(item, "growth per block below, %", -Least, -1, item.Percent),
            Side(item, "preference for the exponential above", 0, +1, item.Margin),
        })]);
        HypothesisResult stronger = new(_stronger, [.. Of("post").Zip(Of("pre"), Stronger)]);
        HypothesisResult gains = new(_gains, [.. Of("post").SelectMany(item => new[]
        {
            OnSide(new(item.Network.Subject, "‖x‖/(γ_max √d) at most", 1 + Rounding), -1, item.Filled, new(0, item.After.Length > 0 ? double.PositiveInfinity : 0)),
            Side(item, "|growth beyond the gains| below, %", Least, -1, item.BeyondGains with { Mean = Math.Abs(item.BeyondGains.Mean) }),
        })]);
        HypothesisResult[] judged = [initial, exponential, peri, independent, shrinks, stronger, gains];
        return new(
            judged,
            [
                new("Growth",
                [
                    ResidualGrowthFigures.Norms(streams, _size),
                    ResidualGrowthTables.Growth(streams, _rate),
                    ResidualGrowthFigures.Growth(streams, _rate),
                    ResidualGrowthFigures.Training(streams, _size),
                ]),
                new("Branch and stream", [ResidualGrowthFigures.Correlations(streams, _size), ResidualGrowthTables.Addition(streams, _rate)]),
                new("Reading", [.. ResidualGrowthReading.Of(streams, _size, _rate).Select(text => new ReportParagraph(text))]),
            ]);
    }

    private static RegisteredNumber Initial(GrownNetwork network, int layer) => new(network.Subject, $"q after block {layer}", network.Predicted[layer].Mean);

    private TestedNumber MeasuredInitial(GrownNetwork network, int layer, CellResults results)
    {
        Estimate predicted = network.Predicted[layer];
        return TestedNumber.Equal(
            Initial(network, layer),
            new Spread(predicted.StandardError, predicted.Samples - 1),
            network.Initial.Extrapolate(results, StreamProfile.SquaredNorm(layer), predicted.Mean),
            predicted.Mean,
            _rate,
            Rounding * predicted.Mean);
    }

    private TestedNumber Side(GrownStreams item, string quantity, double bound, int side, Estimate measured) =>
        OnSide(new(item.Network.Subject, quantity, bound), side, measured.Mean, new(measured.StandardError, measured.Samples - 1));

    private TestedNumber Stronger(GrownStreams post, GrownStreams pre)
    {
        Estimate first = post.Percent, second = pre.Percent;
        return OnSide(
            new($"post − pre, {post.Network.Task.Name}", "difference of growths above, %", Least),
            +1,
            first.Mean - second.Mean,
            new Spread(first.StandardError, first.Samples - 1) + new Spread(second.StandardError, second.Samples - 1));
    }

    private TestedNumber OnSide(RegisteredNumber bound, int side, double measured, Spread spread)
    {
        double half = ResidualGrowthTables.HalfWidth(spread, _rate);
        return double.IsFinite(half)
            ? TestedNumber.OnSide(bound, side, measured, half)
            : new(bound.Subject, bound.Quantity, bound.Value, measured, double.NegativeInfinity, double.PositiveInfinity, Outcome.Inconclusive);
    }
}
