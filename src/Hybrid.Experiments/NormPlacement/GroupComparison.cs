using System.Globalization;
using Hybrid.Architectures;

namespace Hybrid.Experiments.NormPlacement;

/// <summary>Two groups of networks that are trained alike, optimiser by optimiser.</summary>
/// <param name="Name">First against second.</param>
/// <param name="Strata">Pairs with the same optimiser, none of which has a warm-up.</param>
internal sealed record GroupComparison(string Name, IReadOnlyList<(PlacedNetwork First, PlacedNetwork Second)> Strata)
{
    /// <summary>Every smaller step against the largest, placement by placement.</summary>
    public static IReadOnlyList<GroupComparison> OfSteps(PlacementGrid grid) => [..
        from norm in PlacementGrid.Placements
        from step in grid.Size.Steps.Skip(1)
        select new GroupComparison(
            string.Create(CultureInfo.InvariantCulture, $"{PlacedNetwork.NameOf(norm)}, Δt = {step} against {grid.Size.Steps[0]}"),
            [.. grid.Abrupt(norm, step).Zip(grid.Abrupt(norm, grid.Size.Steps[0]))])];

    /// <summary>Peri against the other placements, every step with itself.</summary>
    public static IReadOnlyList<GroupComparison> OfPlacements(PlacementGrid grid) => [..
        from other in PlacementGrid.Placements
        where other != Placement.Peri
        select new GroupComparison(
            $"peri against {PlacedNetwork.NameOf(other)}",
            [.. grid.Size.Steps.SelectMany(step => grid.Abrupt(Placement.Peri, step).Zip(grid.Abrupt(other, step)))])];
}
