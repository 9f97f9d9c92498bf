using Hybrid.Harness.Statistics;

namespace Hybrid.Harness.Experiments.LossExponents;

/// <summary>The measured losses of one placement's grid, nats per token, and where their variance comes from.</summary>
internal sealed class GridLosses
{
    private readonly PlacementGrid _grid;

    public GridLosses(PlacementGrid grid, CellResults results, double ignorance)
    {
        _grid = grid;
        Networks = [.. grid.Networks.Select(network => network.Loss(results, ignorance))];
        Means = [.. Networks.Select(loss => loss.Mean)];
        Places = [.. Enumerable.Range(0, grid.Places.Count).Select(place => Of(place).Average(loss => loss.Mean))];
        Diverged = grid.Networks.Sum(network => network.DivergedRuns(results));
        RunShare = Share(Noise);
        // About the mean of T networks the runs' part of the variance is (T − 1)/T of theirs.
        double free = 1 - 1.0 / grid.Places[0].Networks.Count;
        LogitStdShare = Share(places => places.Average(place => Variance(Of(place))) - free * Noise(places));
    }

    /// <summary>Of every network, over its runs.</summary>
    public IReadOnlyList<Estimate> Networks { get; }

    /// <summary>Their means.</summary>
    public IReadOnlyList<double> Means { get; }

    /// <summary>Of every place, over its networks.</summary>
    public IReadOnlyList<double> Places { get; }

    /// <summary>Runs that diverged.</summary>
    public int Diverged { get; }

    /// <summary>The share of the variance of the networks' losses that runs of one network make: no R² can exceed 1 minus this share.</summary>
    public Estimate RunShare { get; }

    /// <summary>The share that σ_A makes among networks of equal exponents, runs taken out; by chance it may come out below 0.</summary>
    public Estimate LogitStdShare { get; }

    private Estimate Share(Func<IReadOnlyList<int>, double> variance) =>
        Jackknife.Of(_grid.Places.Count, places => variance(places) / Variance(places.SelectMany(Of)));

    private double Noise(IReadOnlyList<int> places) => places.SelectMany(Of).Average(loss => loss.StandardError * loss.StandardError);

    private IEnumerable<Estimate> Of(int place) => Networks.Where((_, network) => _grid.PlaceOf[network] == place);

    /// <summary>Of the grid's own networks, as R² counts it.</summary>
    private static double Variance(IEnumerable<Estimate> losses) =>
        MathNet.Numerics.Statistics.ArrayStatistics.PopulationVariance([.. losses.Select(loss => loss.Mean)]);
}
