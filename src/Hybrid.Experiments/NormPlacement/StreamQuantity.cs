using Hybrid.Networks.Measurements;

namespace Hybrid.Experiments.NormPlacement;

/// <summary>A size of the residual stream that is followed over depth.</summary>
/// <param name="Name">In tables, figures and stored numbers.</param>
/// <param name="Of">Its value at one boundary.</param>
internal sealed record StreamQuantity(string Name, Func<StreamMeasures, double> Of)
{
    public static readonly StreamQuantity Magnitude = new("mean absolute value", stream => stream.MeanAbsolute);
    public static readonly StreamQuantity CoordinateVariance = new("coordinate variance", stream => stream.CoordinateVariance);
    public static readonly StreamQuantity DataVariance = new("data variance", stream => stream.DataVariance);

    /// <summary>The three of Kan et al.</summary>
    public static readonly IReadOnlyList<StreamQuantity> All = [Magnitude, CoordinateVariance, DataVariance];
}
