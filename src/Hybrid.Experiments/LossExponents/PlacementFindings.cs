using Hybrid.Experiments.Cells;
using Hybrid.Lab.Statistics;

namespace Hybrid.Experiments.LossExponents;

/// <summary>All that the losses of one placement say of the claim.</summary>
internal sealed class PlacementFindings
{
    public PlacementFindings(PlacementGrid grid, CellResults results, double ignorance)
    {
        Grid = grid;
        Losses = new(grid, results, ignorance);
        double[] distances = [.. grid.Places.Select(place => place.Distance)];
        Order = RankCorrelation.Of(distances, Losses.Places);
        Nearness = Nearness.Of(distances, Losses.Places);
        CrossValidation validation = new(Losses.ByPlace, grid.Folds);
        Fits = LossFit.All(grid, validation);
        ExponentFit = Fits.Single(fit => fit.Inputs == LossFit.Exponents);
        Gain = validation.Gain(ExponentFit.Foretold, Fits.Single(fit => fit.Inputs == LossFit.ExponentsAndParameters).Foretold);
        IReadOnlyList<double> surface = LossFit.Surface(grid, Losses.Places);
        LeastFitted = grid.Places[Enumerable.Range(0, surface.Count).MinBy(place => surface[place])];
        Subsets = LossSubset.All(this);
    }

    public PlacementGrid Grid { get; }

    public GridLosses Losses { get; }

    /// <summary>Of distance from the joint zero and loss, over places.</summary>
    public RankCorrelation Order { get; }

    public Nearness Nearness { get; }

    public IReadOnlyList<LossFit> Fits { get; }

    /// <summary>The fit in the claim's two numbers.</summary>
    public LossFit ExponentFit { get; }

    /// <summary>What a, σ_w and L add to its R².</summary>
    public Estimate Gain { get; }

    /// <summary>The place at which the fit in the two numbers is least.</summary>
    public ExponentPlace LeastFitted { get; }

    /// <summary>By branch weight and by depth.</summary>
    public IReadOnlyList<LossSubset> Subsets { get; }

    /// <summary>Measured minus foretold loss of a place, over its networks.</summary>
    public double Residual(int place) => Losses.Places[place] - ExponentFit.Foretold[place];
}
