using MathNet.Numerics.Distributions;

namespace Hybrid.Lab.Statistics;

/// <summary>How a network's norms grow over a range of boundaries: three forms of growth fitted and compared.</summary>
/// <param name="fits">Each form fitted.</param>
public sealed class GrowthComparison(IReadOnlyDictionary<GrowthForm, GrowthFit> fits)
{
    private double slopeError;
    private int points;

    /// <summary>The forms that are compared, two coefficients each.</summary>
    public static readonly IReadOnlyList<GrowthForm> Forms = [GrowthForm.Exponential, GrowthForm.Linear, GrowthForm.PowerLaw];

    /// <summary>Fewest boundaries that can be compared.</summary>
    public const int LeastPoints = 5;

    /// <summary>Growth of the norm per block by the exponential fit, in %.</summary>
    public double Percent => 100 * double.ExpM1(fits[GrowthForm.Exponential].Coefficients[1]);

    /// <summary>
    /// The interval of <see cref="Percent"/> at 95 % (Student's t) were the logarithms' distances from the line independent from layer
    /// to layer. They are sums along the depth and are not quite, so it is the least interval rather than the whole.
    /// </summary>
    public (double Low, double High) Interval
    {
        get
        {
            double slope = fits[GrowthForm.Exponential].Coefficients[1];
            double reach = slopeError * StudentT.InvCDF(0, 1, points - 2, 0.975);
            return (100 * double.ExpM1(slope - reach), 100 * double.ExpM1(slope + reach));
        }
    }

    /// <summary>
    /// Information criterion of the better of the other two forms less that of the exponential: > 0 where
    /// the exponential is preferred.
    /// </summary>
    public double Margin => Forms.Skip(1).Min(Behind);

    /// <summary>Information criterion of a form less that of the exponential.</summary>
    public double Behind(GrowthForm form) => fits[form].InformationCriterion - fits[GrowthForm.Exponential].InformationCriterion;

    /// <summary>The form with the least information criterion.</summary>
    public GrowthForm Best => Forms.MinBy(form => fits[form].InformationCriterion);

    /// <summary>The fit of a form.</summary>
    public GrowthFit Fit(GrowthForm form) => fits[form];

    /// <summary>Of any positive norms by boundary, first to last.</summary>
    /// <exception cref="ArgumentException">Fewer than <see cref="LeastPoints"/>, or one that is not positive.</exception>
    public static GrowthComparison OfNorms(Func<int, double> norm, int first, int last)
    {
        double[] layers = [.. Enumerable.Range(first, last - first + 1).Select(layer => (double)layer)];
        double[] norms = [.. layers.Select(layer => norm((int)layer))];
        GrowthComparison growth = new(Forms.ToDictionary(form => form, form => GrowthFit.Of(form, layers, norms)));
        double mean = layers.Average(), spread = layers.Sum(layer => (layer - mean) * (layer - mean));
        double residual = growth.Fit(GrowthForm.Exponential).Residual;
        growth.points = layers.Length;
        growth.slopeError = Math.Sqrt(residual * residual * layers.Length / (layers.Length - 2.0) / spread);
        return growth;
    }
}
