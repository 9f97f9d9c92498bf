using Hybrid.Drawing.Figures;
using Hybrid.Drawing.Reports;
using Hybrid.Experiments.Cells;
using Hybrid.Experiments.Hypotheses;
using Hybrid.Lab.Comparisons;

namespace Hybrid.Experiments.PhaseBoundary;

/// <summary>Zeros beside their predictions, and the exponents around them.</summary>
internal static class PhaseBoundaryFigures
{
    /// <summary>measured/predicted − 1 of every zero with its interval.</summary>
    public static ReportFigure Zeros(IReadOnlyList<TestedNumber> zeros) => new(
        "zeros.svg",
        "Measured zeros of λ_a and λ_g relative to the predicted ones, with their intervals at the family-wise level",
        IntervalFigure.Render(
            "Where the exponents vanish",
            "measured/predicted − 1 in %, with the interval that holds all of them with probability 99 % if the theory is right",
            [.. zeros.Select(zero =>
                new IntervalRow(zero.Subject, Relative(zero, zero.Measured), Relative(zero, zero.Low), Relative(zero, zero.High)))]));

    /// <summary>Every measured exponent against its prediction, and the difference of the two.</summary>
    public static ReportFigure Exponents(IReadOnlyList<MeasuredLine> lines, CellResults results)
    {
        Kind[] kinds =
        [
            new("λ_a, infinitesimal differences", 0, lines.Where(line => line.Line.Kind == ExponentKind.Angle), results),
            new("λ_a, 8 tokens with attention", 1, lines.Where(line => line.Line.Kind == ExponentKind.AngleOfTokens), results),
            new("λ_g", 2, lines.Where(line => line.Line.Kind == ExponentKind.Gradient), results),
        ];
        double low = kinds.Min(kind => kind.Predicted.Min()), high = kinds.Max(kind => kind.Predicted.Max());
        return new(
            "exponents.svg",
            "Every measured exponent at infinite width against its prediction, and their difference",
            CurveFigure.Render(
                "Exponents around their zeros",
                "line: theory; points: every measured point of every line, extrapolated to infinite width, ± 2 standard errors",
                [
                    new("measured exponent per block", "predicted", "",
                        [.. kinds.Select(kind => kind.Series([(low, low), (high, high)], (measured, _) => measured))]),
                    new("measured − predicted", "predicted", "",
                        [.. kinds.Select(kind => kind.Series([(low, 0), (high, 0)], (measured, predicted) => measured - predicted))]),
                ]));
    }

    private static double Relative(TestedNumber zero, double value) => 100 * (value / zero.Predicted - 1);

    /// <summary>All points of one kind of line.</summary>
    private sealed class Kind(string label, int style, IEnumerable<MeasuredLine> lines, CellResults results)
    {
        private readonly Extrapolation[] _measured = [.. lines.SelectMany(line => line.Measured(results))];

        public double[] Predicted { get; } =
            [.. lines.SelectMany(line => line.Offsets.Select(offset => line.Line.Exponent(line.Zero * (1 + offset))))];

        public CurveSeries Series((double, double)[] theory, Func<double, double, double> value) => new(
            label,
            style,
            theory,
            [.. _measured.Zip(Predicted, (measured, predicted) =>
                new CurvePoint(predicted, value(measured.Value, predicted), 2 * measured.Spread.StandardError))]);
    }
}
