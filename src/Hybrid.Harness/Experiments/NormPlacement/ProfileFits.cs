using Hybrid.Harness.Statistics;

namespace Hybrid.Harness.Experiments.NormPlacement;

/// <summary>The forms of growth fitted to one quantity of one run over layers 1 to L.</summary>
internal sealed class ProfileFits
{
    /// <summary>A difference of information criteria from which on one form is decisively better.</summary>
    public const double Decisive = 10;

    /// <summary>The forms that are compared.</summary>
    public static readonly IReadOnlyList<GrowthForm> Forms = [GrowthForm.Linear, GrowthForm.Quadratic, GrowthForm.Exponential];

    private readonly Dictionary<GrowthForm, double> _criteria;

    /// <summary>Fits.</summary>
    public ProfileFits(PlacementRun run, StreamQuantity quantity, int depth, bool trained)
    {
        int[] layers = [.. Enumerable.Range(1, depth)];
        double[] x = [.. layers.Select(layer => (double)layer)], y = [.. layers.Select(layer => run.At(quantity, layer, trained))];
        _criteria = Forms.ToDictionary(form => form, form => GrowthFit.Of(form, x, y).InformationCriterion);
    }

    /// <summary>The form with the least criterion.</summary>
    public GrowthForm Best => Forms.MinBy(form => _criteria[form]);

    /// <summary>The exponential's criterion minus the least one of the named others: at −<see cref="Decisive"/> or less it wins decisively.</summary>
    public double ExponentialExcess(params IEnumerable<GrowthForm> others) => _criteria[GrowthForm.Exponential] - others.Min(form => _criteria[form]);
}
