using Hybrid.Lab.Statistics;

namespace Hybrid.Experiments.NormPlacement;

/// <summary>The forms of growth fitted to one quantity of one run over layers 1 to L.</summary>
internal sealed class ProfileFits
{
    /// <summary>A difference of information criteria from which on one form is decisively better.</summary>
    public const double Decisive = 10;

    /// <summary>The forms that are compared.</summary>
    public static readonly IReadOnlyList<GrowthForm> Forms = [GrowthForm.Linear, GrowthForm.Quadratic, GrowthForm.Exponential];

    private readonly Dictionary<GrowthForm, double> _criteria;

    private ProfileFits(double[] profile)
    {
        double[] layers = [.. Enumerable.Range(1, profile.Length).Select(layer => (double)layer)];
        _criteria = Forms.ToDictionary(form => form, form => GrowthFit.Of(form, layers, profile).InformationCriterion);
    }

    /// <summary>The form with the least criterion.</summary>
    public GrowthForm Best => Forms.MinBy(form => _criteria[form]);

    /// <summary>The fits, or null where a value is 0: tokens that have become one have no data variance, and 0 no logarithm.</summary>
    public static ProfileFits? Of(PlacementRun run, StreamQuantity quantity, int depth, bool trained)
    {
        double[] profile = [.. Enumerable.Range(1, depth).Select(layer => run.At(quantity, layer, trained))];
        return profile.All(value => value > 0) ? new(profile) : null;
    }

    /// <summary>
    /// The exponential's criterion minus the least one of the named
    /// others: at −<see cref="Decisive"/> or less it wins decisively.
    /// </summary>
    public double ExponentialExcess(params IEnumerable<GrowthForm> others) =>
        _criteria[GrowthForm.Exponential] - others.Min(form => _criteria[form]);
}
