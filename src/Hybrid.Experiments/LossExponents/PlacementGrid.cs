using Hybrid.Architectures;
using Hybrid.Experiments.Cells;
using Hybrid.Experiments.Measurement;
using Hybrid.Lab.Data;

namespace Hybrid.Experiments.LossExponents;

/// <summary>The grid of one placement of the normalisation.</summary>
internal sealed class PlacementGrid
{
    public PlacementGrid(Placement norm, LossExponentsSize size, ITokenSource source)
    {
        Name = PlacementName.Of(norm);
        Places = [..
            from branch in size.Branches
            from inStd in size.InStds
            from depth in size.Depths
            select new ExponentPlace(
                [.. size.LogitStds.Select(logitStd => new TrainedNetwork(norm, branch, inStd, logitStd, depth, size, source))])];
        Networks = [.. Places.SelectMany(place => place.Networks)];
        // Dealt in the order of a hash, so that no fold is a corner of the grid.
        int[] order = [.. Enumerable.Range(0, Places.Count).OrderBy(place => CellSeed.Of(0, Name, Places[place].Subject))],
            folds = new int[Places.Count];
        for (int position = 0; position < order.Length; position++)
            folds[order[position]] = position % FoldCount;
        Folds = folds;
    }

    /// <summary>Parts into which the places are divided for cross-validation.</summary>
    public const int FoldCount = 10;

    /// <summary>pre, peri or post.</summary>
    public string Name { get; }

    public IReadOnlyList<ExponentPlace> Places { get; }

    /// <summary>Place by place.</summary>
    public IReadOnlyList<TrainedNetwork> Networks { get; }

    /// <summary>The fold of each place.</summary>
    public IReadOnlyList<int> Folds { get; }
}
