using MathNet.Numerics.LinearRegression;

namespace Hybrid.Lab.Statistics;

/// <summary>
/// A form of growth fitted to positive values by least squares of their logarithms: relative errors of equal size at every
/// depth. All forms share that likelihood, so their information criteria can be compared.
/// </summary>
/// <param name="Form">What was fitted.</param>
/// <param name="Coefficients">α, β and, of a quadratic, γ.</param>
/// <param name="Residual">Root mean square of log y − log f; dimensionless.</param>
/// <param name="InformationCriterion">Akaike's, corrected for few points (Hurvich and Tsai 1989); less
/// is better, 2 is little, 10 is decisive.</param>
public sealed record GrowthFit(GrowthForm Form, IReadOnlyList<double> Coefficients, double Residual, double InformationCriterion)
{
    private const int MostIterations = 200;

    // Below this relative misfit, single precision is what is left: a perfect fit must not win by its rounding.
    private const double Rounding = 1e-6;

    /// <summary>The fit of one form.</summary>
    /// <param name="form">Which.</param>
    /// <param name="x">Depths, > 0.</param>
    /// <param name="y">Values there, > 0; at least three more than the form has coefficients.</param>
    /// <exception cref="ArgumentException">Too few points, or one that is not positive and finite.</exception>
    public static GrowthFit Of(GrowthForm form, IReadOnlyList<double> x, IReadOnlyList<double> y)
    {
        int count = form == GrowthForm.Quadratic ? 3 : 2;
        if (x.Count != y.Count || x.Count < count + 3)
        {
            throw new ArgumentException(
                $"a {form} fit needs as many values as depths and at least {count + 3} of them, got {y.Count} at {x.Count}");
        }

        if (x.Concat(y).Any(value => !(value > 0 && double.IsFinite(value))))
            throw new ArgumentException("depths and values must be positive and finite");
        double[] logarithms = [.. y.Select(value => Math.Log(value))];
        double[] coefficients = form switch
        {
            GrowthForm.Exponential => OfLogarithms(x, logarithms),
            GrowthForm.PowerLaw => OfLogarithms([.. x.Select(value => Math.Log(value))], logarithms),
            _ => Polynomial(x, y, logarithms, count),
        };
        double residual = Math.Sqrt(Squares(form, coefficients, x, logarithms) / x.Count);
        // The spread of the errors is a parameter too.
        double n = x.Count, k = count + 1;
        double criterion = 2 * n * Math.Log(Math.Max(residual, Rounding)) + 2 * k + 2 * k * (k + 1) / (n - k - 1);
        return new(form, coefficients, residual, criterion);
    }

    /// <summary>The form with the least information criterion.</summary>
    public static GrowthFit Best(IEnumerable<GrowthForm> forms, IReadOnlyList<double> x, IReadOnlyList<double> y) =>
        forms.Select(form => Of(form, x, y)).MinBy(fit => fit.InformationCriterion)!;

    /// <summary>The fitted curve at a depth.</summary>
    public double At(double x) => Value(Form, Coefficients, x);

    private static double Value(GrowthForm form, IReadOnlyList<double> c, double x) => form switch
    {
        GrowthForm.Linear => c[0] + c[1] * x,
        GrowthForm.Quadratic => c[0] + c[1] * x + c[2] * x * x,
        GrowthForm.Exponential => c[0] * Math.Exp(c[1] * x),
        _ => c[0] * Math.Pow(x, c[1]),
    };

    private static double[] OfLogarithms(IReadOnlyList<double> x, double[] logarithms)
    {
        double[] line = Regress([.. x.Select(value => new[] { 1, value })], logarithms);
        return [Math.Exp(line[0]), line[1]];
    }

    /// <summary>Gauss–Newton on the logarithms from the fit of relative errors, with halved steps where it would overshoot.</summary>
    private static double[] Polynomial(IReadOnlyList<double> x, IReadOnlyList<double> y, double[] logarithms, int count)
    {
        GrowthForm form = count == 3 ? GrowthForm.Quadratic : GrowthForm.Linear;
        double[] coefficients = Regress([.. x.Select((depth, i) => Row(depth, y[i], count))], [.. y.Select(_ => 1.0)]);
        double squares = Squares(form, coefficients, x, logarithms);
        if (!double.IsFinite(squares))
        {
            // The relative fit crosses zero: a constant never does.
            coefficients = new double[count];
            coefficients[0] = Math.Exp(logarithms.Average());
            squares = Squares(form, coefficients, x, logarithms);
        }

        for (int iteration = 0; iteration < MostIterations; iteration++)
        {
            double[] values = [.. x.Select(depth => Value(form, coefficients, depth))];
            double[] step = Regress(
                [.. x.Select((depth, i) => Row(depth, values[i], count))],
                [.. logarithms.Select((logarithm, i) => logarithm - Math.Log(values[i]))]);
            double fraction = 1, next = double.PositiveInfinity;
            double[] trial = coefficients;
            for (int halving = 0; halving < 30 && !(next < squares); halving++, fraction *= 0.5)
            {
                trial = [.. coefficients.Zip(step, (c, s) => c + fraction * s)];
                next = Squares(form, trial, x, logarithms);
            }

            if (!(next < squares))
                break;
            bool settled = squares - next <= 1e-14 * squares;
            (coefficients, squares) = (trial, next);
            if (settled)
                break;
        }

        return coefficients;
    }

    /// <summary>∂ log f/∂c: powers of the depth over the value.</summary>
    private static double[] Row(double x, double value, int count) =>
        [.. Enumerable.Range(0, count).Select(power => Math.Pow(x, power) / value)];

    private static double Squares(GrowthForm form, IReadOnlyList<double> c, IReadOnlyList<double> x, double[] logarithms)
    {
        double sum = 0;
        for (int i = 0; i < x.Count; i++)
        {
            double value = Value(form, c, x[i]);
            double miss = value > 0 ? logarithms[i] - Math.Log(value) : double.PositiveInfinity;
            sum += miss * miss;
        }

        return sum;
    }

    private static double[] Regress(double[][] rows, double[] values) => MultipleRegression.QR(rows, values, intercept: false);
}

/// <summary>How a positive quantity may grow with depth x ≥ 1.</summary>
public enum GrowthForm
{
    /// <summary>α + β x.</summary>
    Linear,

    /// <summary>α + β x + γ x².</summary>
    Quadratic,

    /// <summary>α e^{β x}.</summary>
    Exponential,

    /// <summary>α x^β.</summary>
    PowerLaw,
}
