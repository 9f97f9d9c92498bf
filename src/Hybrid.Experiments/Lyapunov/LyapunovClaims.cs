using System.Globalization;
using Hybrid.Drawing.Reports;
using Hybrid.Experiments.Cells;
using Hybrid.Experiments.Designs;
using Hybrid.Experiments.Hypotheses;
using Hybrid.Experiments.Measurement;
using Hybrid.Lab.Statistics;

namespace Hybrid.Experiments.Lyapunov;

/// <summary>The hypotheses of the experiment and their judgement.</summary>
internal sealed class LyapunovClaims
{
    // A sum of 100,000 logarithms in double precision, divided by their number.
    private const double Rounding = 1e-10;

    private static readonly Spread Exact = new(0, double.PositiveInfinity);

    private readonly IReadOnlyList<CalibrationCell> _maps;
    private readonly GaussianProduct _product;
    private readonly IReadOnlyList<TwoWayNetwork> _networks;
    private readonly IReadOnlyList<LineSpectrum> _spectra;
    private readonly PlannedClaim _calibration, _products, _theory, _ways, _leading;

    public LyapunovClaims(
        IReadOnlyList<CalibrationCell> maps, GaussianProduct product, IReadOnlyList<TwoWayNetwork> networks,
        IReadOnlyList<LineSpectrum> spectra)
    {
        (_maps, _product, _networks, _spectra) = (maps, product, networks, spectra);
        const string Wide = "the mean extrapolated to infinite width from two widths equals the "
            + "registered number within k standard errors plus the estimated O(1/d²) term";
        Hypothesis calibration = new(
            "H1",
            "The estimator finds the known exponents of four maps: chaotic, contracting, hyperbolic and dissipative.",
            "the mean over orbits equals the known exponent within k standard errors, plus what the known "
            + "value is known to and 1e-10 for the rounding of long sums; wider than 0.05 is inconclusive.",
            [.. maps.SelectMany(map => map.Numbers)]);
        Hypothesis products = new(
            "H2",
            "The estimator finds the whole known spectrum of products of Gaussian matrices at finite width, all 16 exponents.",
            "the mean over networks equals the known exponent within k standard errors; wider than 0.1 is inconclusive.",
            product.Numbers);
        Hypothesis theory = new(
            "H3",
            "Small changes carried forwards grow as the theory predicts of gradients carried backwards: E‖J v‖²/‖v‖² = g_d of the input.",
            $"{Wide}, for both directions; wider than half of it is inconclusive.",
            [.. networks.SelectMany(network => new[] { Way(network, "forwards"), Way(network, "backwards") })]);
        Hypothesis ways = new(
            "H4",
            "Forward and backward growth of the same networks agree with each other, with no theory between them.",
            "the ratio of the two means at the larger width, drawn independently, "
            + "is 1 within k standard errors; wider than 0.5 is inconclusive.",
            [.. networks.Select(Ratio)]);
        Hypothesis leading = new(
            "H5",
            "The leading Lyapunov exponents of collapsed networks at stationary norms (σ_w = 3) are all ½ λ_g.",
            $"{Wide}; wider than 0.05 is inconclusive.",
            [.. spectra.SelectMany(spectrum => Enumerable.Range(1, LineSpectrum.Exponents).Select(k => Leading(spectrum, k)))]);
        _calibration = new(calibration, [.. maps.SelectMany(map => map.Numbers.Select(number => new PlannedTest(number, (results, level) =>
            TestedNumber.Equal(number, results[map.Cell][number.Quantity], 0.1, level, map.Map.KnownTo + Rounding))))]);
        _products = new(products, [.. product.Numbers.Select(number => new PlannedTest(number, (results, level) =>
            TestedNumber.Equal(number, results[product.Cell][number.Quantity], 0.2, level)))]);
        _theory = new(theory, [.. networks.SelectMany(network => new[]
        {
            Equal(Way(network, "forwards"), network.Forward, ForwardGrowth.Power, network.Power, network.Power),
            Equal(Way(network, "backwards"), network.Backwards, TwoWayNetwork.Backward, network.Power, network.Power),
        })]);
        _ways = new(ways, [.. networks.Select(network => new PlannedTest(Ratio(network), (results, level) =>
            TestedNumber.Equal(Ratio(network), MeasuredRatio(network, results), 1, level)))]);
        _leading = new(leading, [.. spectra.SelectMany(spectrum => Enumerable.Range(1, LineSpectrum.Exponents).Select(k =>
            Equal(Leading(spectrum, k), spectrum.Pair, LineSpectrum.Name(k), 1, 0.1)))]);
    }

    public IReadOnlyList<PlannedClaim> Planned => [_calibration, _products, _theory, _ways, _leading];

    public IEnumerable<Cell> Cells =>
    [
        .. _maps.Select(map => map.Cell),
        _product.Cell,
        .. _networks.SelectMany(network => network.Forward.Cells.Concat(network.Backwards.Cells)),
        .. _spectra.SelectMany(spectrum => spectrum.Pair.Cells),
    ];

    public Evaluation Evaluate(CellResults results, double level)
    {
        HypothesisResult calibration = _calibration.Judge(results, level), products = _products.Judge(results, level);
        HypothesisResult theory = _theory.Judge(results, level), ways = _ways.Judge(results, level);
        HypothesisResult leading = _leading.Judge(results, level);
        return new(
            [calibration, products, theory, ways, leading],
            [
                new("Spectra and growth", [LyapunovFigure.Of(_product, _spectra, _networks, results)]),
                new("Reading", [new ReportParagraph(Reading(calibration, products, theory, ways, leading))]),
            ]);
    }

    /// <summary>The measurement at infinite width, of a size that its O(1/d²) rest is relative to, against the registered number.</summary>
    private static PlannedTest Equal(RegisteredNumber number, WidthPair pair, string name, double size, double scale) =>
        new(number, (results, level) => TestedNumber.Equal(number, Exact, pair.Extrapolate(results, name, size), scale, level));

    private static RegisteredNumber Way(TwoWayNetwork network, string way) => new(network.Subject, $"growth {way}", network.Power);

    private static RegisteredNumber Ratio(TwoWayNetwork network) => new(network.Subject, "forwards/backwards", 1);

    private static RegisteredNumber Leading(LineSpectrum spectrum, int k) =>
        new(spectrum.Placement, LineSpectrum.Name(k), spectrum.Predicted);

    /// <summary>The ratio of two independent means, its error by linear propagation.</summary>
    private static Estimate MeasuredRatio(TwoWayNetwork network, CellResults results)
    {
        Estimate forward = network.Forward.AtWidth(results, ForwardGrowth.Power),
            backward = network.Backwards.AtWidth(results, TwoWayNetwork.Backward);
        double ratio = forward.Mean / backward.Mean;
        double error = Math.Sqrt(Math.Pow(forward.StandardError / forward.Mean, 2) + Math.Pow(backward.StandardError / backward.Mean, 2));
        return new(ratio, Math.Abs(ratio) * error, Math.Min(forward.Samples, backward.Samples));
    }

    private static string Reading(
        HypothesisResult calibration, HypothesisResult products, HypothesisResult theory, HypothesisResult ways, HypothesisResult leading)
    {
        static double Largest(HypothesisResult result) => result.Tests.Max(test => Math.Abs(test.Measured - test.Predicted));
        Percentiles growth = Percentiles.Of(theory.Tests.Select(test => Math.Abs(test.Measured / test.Predicted - 1)));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"The estimator misses known exponents of maps by at most {Largest(calibration):0.0e+0} "
            + $"and those of Gaussian products by at most {Largest(products):0.0e+0}. ")
            + string.Create(
                CultureInfo.InvariantCulture,
                $"Growth in either direction differs from the theory by a median of "
                    + $"{100 * growth.P50:0.##} % (nine of ten below {100 * growth.P90:0.##} %); "
                    + $"forwards and backwards differ from each other by at most {100 * Largest(ways):0.##} %. ")
            + string.Create(
                CultureInfo.InvariantCulture,
                $"The leading exponents lie within {Largest(leading):0.0e+0} of ½ λ_g; "
                    + $"{leading.Count(Outcome.Refuted)} of {leading.Tests.Count} outside their interval. ")
            + "Only the leading exponents are compared: deeper in the spectrum "
            + "those of a wide network spread, and the theory does not predict them.";
    }
}
