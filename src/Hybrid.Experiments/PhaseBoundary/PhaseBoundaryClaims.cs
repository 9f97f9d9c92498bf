using System.Globalization;
using Hybrid.Drawing.Reports;
using Hybrid.Experiments.Cells;
using Hybrid.Experiments.Designs;
using Hybrid.Experiments.Hypotheses;
using Hybrid.Lab.Comparisons;
using Hybrid.Lab.Statistics;

namespace Hybrid.Experiments.PhaseBoundary;

/// <summary>The hypotheses of the experiment and their judgement.</summary>
internal sealed class PhaseBoundaryClaims
{
    // A zero known to no better than a tenth of its value to each side tells nothing.
    private const double ZeroScale = 0.2, ExponentScale = 0.2;

    private readonly IReadOnlyList<MeasuredLine> _lines;
    private readonly IReadOnlyList<ForbiddenPoint> _points;
    private readonly PlannedClaim _angle, _gradient, _forbidden, _values;

    public PhaseBoundaryClaims(IReadOnlyList<MeasuredLine> lines, IReadOnlyList<ForbiddenPoint> points)
    {
        (_lines, _points) = (lines, points);
        const string Interval =
            "the zero of a parabola fitted to the exponents at infinite width (from two widths), with Fieller's interval, holds the "
            + "registered zero; wider than a tenth of it to each side is inconclusive.";
        Hypothesis angle = new(
            "H1",
            "λ_a vanishes at the predicted hyperparameter on every line, whatever the attention strength σ_A.",
            Interval,
            [.. Of(false).Select(line => line.Number)]);
        Hypothesis gradient = new(
            "H2",
            "λ_g on the collapsed line vanishes at the predicted hyperparameter on every line.",
            Interval,
            [.. Of(true).Select(line => line.Number)]);
        Hypothesis forbidden = new(
            "H3",
            "Where the theory forbids a zero there is none: λ_g > 0 for odd activations "
            + "without bias (Gaussian Poincaré), λ_a < 0 for post-normalised ReLU and SiLU.",
            "the exponent at infinite width lies on its side of 0 with its whole interval.",
            []);
        Hypothesis values = new(
            "H4",
            "On these lines the exponents have the predicted values; for ReLU λ_g = 0 at every σ_w.",
            "the exponent at infinite width equals the registered one within k standard "
            + "errors plus the estimated O(1/d²) term; wider than 0.1 is inconclusive.",
            [.. points.Select(point => point.Number)]);
        _angle = new(angle, [.. Of(false).Select(Zero)]);
        _gradient = new(gradient, [.. Of(true).Select(Zero)]);
        _forbidden = new(forbidden, [.. points.Where(point => point.Line.Sign != 0).Select(Side)]);
        _values = new(values, [.. points.Select(Value)]);
    }

    public IReadOnlyList<PlannedClaim> Planned => [_angle, _gradient, _forbidden, _values];

    public IEnumerable<Cell> Cells =>
        [.. _lines.SelectMany(line => line.Pairs).SelectMany(pair => pair.Cells), .. _points.SelectMany(point => point.Pair.Cells)];

    public Evaluation Evaluate(CellResults results, double level)
    {
        HypothesisResult angle = _angle.Judge(results, level), gradient = _gradient.Judge(results, level);
        HypothesisResult forbidden = _forbidden.Judge(results, level), values = _values.Judge(results, level);
        return new(
            [angle, gradient, forbidden, values],
            [
                new("Zeros",
                    [PhaseBoundaryFigures.Zeros([.. angle.Tests, .. gradient.Tests]), PhaseBoundaryFigures.Exponents(_lines, results)]),
                new("Reading", [new ReportParagraph(Reading(angle, gradient, forbidden, values))]),
            ]);
    }

    private IEnumerable<MeasuredLine> Of(bool gradient) => _lines.Where(line => (line.Line.Kind == ExponentKind.Gradient) == gradient);

    private static PlannedTest Zero(MeasuredLine line) => new(line.Number, (results, level) =>
    {
        ZeroFit fit = line.Fit(results, level);
        return TestedNumber.Inside(
            line.Number, line.Zero * (1 + fit.Zero), line.Zero * (1 + fit.Low), line.Zero * (1 + fit.High), ZeroScale * line.Zero);
    });

    private static PlannedTest Side(ForbiddenPoint point)
    {
        RegisteredNumber bound = point.Number with { Quantity = "sign of the exponent", Value = 0 };
        return new(bound, (results, level) =>
        {
            Extrapolation measured = point.Pair.Extrapolate(results, ExponentMeasurement.Exponent, 1);
            double half = measured.Spread.CriticalValue(level) * measured.Spread.StandardError + measured.Curvature;
            return TestedNumber.OnSide(bound, point.Line.Sign, measured.Value, half);
        });
    }

    private static PlannedTest Value(ForbiddenPoint point) => new(point.Number, (results, level) => TestedNumber.Equal(
        point.Number,
        new Spread(0, double.PositiveInfinity),
        point.Pair.Extrapolate(results, ExponentMeasurement.Exponent, 1),
        ExponentScale,
        level));

    private static string Reading(HypothesisResult angle, HypothesisResult gradient, HypothesisResult forbidden, HypothesisResult values)
    {
        TestedNumber[] zeros = [.. angle.Tests, .. gradient.Tests];
        Percentiles deviations = Percentiles.Of(zeros.Select(test => Math.Abs(test.Measured / test.Predicted - 1)));
        Percentiles widths = Percentiles.Of(
            zeros.Where(test => double.IsFinite(test.HalfWidth)).Select(test => test.HalfWidth / test.Predicted));
        int missed = zeros.Count(test => test.Outcome == Outcome.Refuted);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"The measured zeros lie a median of {100 * deviations.P50:0.##} % from the predicted ones (nine of "
            + $"ten within {100 * deviations.P90:0.##} %), with intervals of a median of ±{100 * widths.P50:0.##} "
            + $"% (where they end at all); {missed} of {zeros.Length} intervals miss their prediction. ")
            + string.Create(
                CultureInfo.InvariantCulture,
                $"Of {forbidden.Tests.Count} points where no zero may be, {forbidden.Count(Outcome.Supported)} "
                    + $"lie on their side of 0 beyond doubt and {forbidden.Count(Outcome.Refuted)} on the other. ")
            + string.Create(
                CultureInfo.InvariantCulture,
                $"{values.Count(Outcome.Refuted)} of {values.Tests.Count} exponents differ from their registered value. ")
            + "Zeros are those of infinitely wide networks at initialisation; "
            + "at finite width the exponents differ by O(1/d), which the second width takes out.";
    }
}
