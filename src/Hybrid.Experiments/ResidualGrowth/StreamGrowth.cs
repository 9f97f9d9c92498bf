using Hybrid.Lab.Statistics;

namespace Hybrid.Experiments.ResidualGrowth;

/// <summary>How one network's stream grows over a range of boundaries, the norm being ‖x‖/√d = √q.</summary>
/// <param name="fits">Each form fitted to √q.</param>
internal sealed class StreamGrowth(IReadOnlyDictionary<GrowthForm, GrowthFit> fits)
{
    /// <summary>The forms that are compared, two coefficients each.</summary>
    public static readonly IReadOnlyList<GrowthForm> Forms = [GrowthForm.Exponential, GrowthForm.Linear, GrowthForm.PowerLaw];

    /// <summary>Growth of the norm per block by the exponential fit, in %.</summary>
    public double Percent => 100 * double.ExpM1(fits[GrowthForm.Exponential].Coefficients[1]);

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

    /// <summary>Of √q at boundaries first..last, at least five of them.</summary>
    public static StreamGrowth Of(StreamProfile profile, int first, int last) => OfNorms(layer => Math.Sqrt(profile.Q(layer)), first, last);

    /// <summary>Of any positive norms by boundary.</summary>
    public static StreamGrowth OfNorms(Func<int, double> norm, int first, int last)
    {
        double[] layers = [.. Enumerable.Range(first, last - first + 1).Select(layer => (double)layer)];
        double[] norms = [.. layers.Select(layer => norm((int)layer))];
        return new(Forms.ToDictionary(form => form, form => GrowthFit.Of(form, layers, norms)));
    }

    /// <summary>
    /// Growth of log q from the first to the last boundary over what it would be were every branch independent of the
    /// stream and of the other branch of its block: ∏ (1 + q_branches/q). Above 1: independent addition predicts too little.
    /// </summary>
    public static double OverIndependent(StreamProfile profile, int first, int last) =>
        Math.Log(profile.Q(last) / profile.Q(first))
        / Enumerable.Range(first + 1, last - first).Sum(block => Math.Log(1 + profile.Branches(block) / profile.Q(block - 1)));

    /// <summary>Cosine of branch and stream, mean over the blocks between the two boundaries.</summary>
    public static double MeanCorrelation(StreamProfile profile, int first, int last) =>
        Enumerable.Range(first + 1, last - first).Average(profile.Correlation);
}
