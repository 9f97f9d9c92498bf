using Hybrid.Experiments.Cells;
using Hybrid.Lab.Statistics;

namespace Hybrid.Experiments.LossExponents;

/// <summary>The measured losses of one placement's grid, nats per token, and where their variance comes from.</summary>
internal sealed class GridLosses
{
    public GridLosses(PlacementGrid grid, CellResults results, double ignorance)
    {
        Networks = [.. grid.Places.Select(
            place => (IReadOnlyList<Estimate>)[.. place.Networks.Select(network => network.Loss(results, ignorance))])];
        ByPlace = [.. Networks.Select(place => (IReadOnlyList<double>)[.. place.Select(loss => loss.Mean)])];
        Places = [.. ByPlace.Select(place => place.Average())];
        Diverged = grid.Networks.Sum(network => network.DivergedRuns(results));
        RunShare = Share(Noise);
        // About the mean of T networks the runs' part of the variance is (T − 1)/T of theirs.
        double free = 1 - 1.0 / ByPlace[0].Count;
        LogitStdShare = Share(places => places.Average(place => Variance(ByPlace[place])) - free * Noise(places));
    }

    /// <summary>Of every network of every place, over its runs.</summary>
    public IReadOnlyList<IReadOnlyList<Estimate>> Networks { get; }

    /// <summary>Their means.</summary>
    public IReadOnlyList<IReadOnlyList<double>> ByPlace { get; }

    /// <summary>Of every place, over its networks.</summary>
    public IReadOnlyList<double> Places { get; }

    /// <summary>Runs that diverged.</summary>
    public int Diverged { get; }

    /// <summary>The share of the variance of the networks' losses that runs of one network make.</summary>
    public Estimate RunShare { get; }

    /// <summary>The share that σ_A makes among networks of equal exponents, runs taken out; by chance it may come out below 0.</summary>
    public Estimate LogitStdShare { get; }

    /// <summary>The R² that no function of the two exponents can be expected to exceed.</summary>
    public double MostExplained => 1 - RunShare.Mean - LogitStdShare.Mean;

    private Estimate Share(Func<IReadOnlyList<int>, double> variance) =>
        Jackknife.Of(Places.Count, places => variance(places) / Variance(places.SelectMany(place => ByPlace[place])));

    private double Noise(IReadOnlyList<int> places) =>
        places.SelectMany(place => Networks[place]).Average(loss => loss.StandardError * loss.StandardError);

    /// <summary>Of the grid's own networks, as R² counts it.</summary>
    private static double Variance(IEnumerable<double> losses) =>
        MathNet.Numerics.Statistics.ArrayStatistics.PopulationVariance([.. losses]);
}
