using Hybrid.Import.Json;
using Hybrid.Lab.Statistics;

namespace Hybrid.Lab.Phases;

/// <summary>
/// Random networks at points spread over a phase diagram: what becomes of infinitesimal differences between equal tokens and,
/// backwards, of their gradient. Finite width shifts a measured exponent by a term of order 1/width.
/// </summary>
/// <param name="Networks">Networks at each point.</param>
/// <param name="Points">Row by row, from the lower left.</param>
public sealed record PhaseMeasurement(int Networks, IReadOnlyList<MeasuredPoint> Points)
{
    /// <summary>Draws and measures; the result depends on the grid, the seed and the number of networks alone.</summary>
    /// <param name="grid">The diagram.</param>
    /// <param name="networks">Networks at each point, ≥ 2.</param>
    /// <param name="seed">The ensemble's seed.</param>
    /// <param name="threads">Points at a time, ≥ 1.</param>
    /// <param name="progress">Told the number of points done and of all, from any thread.</param>
    /// <param name="cancellation">Stops between two points.</param>
    /// <exception cref="InputException">The networks have a causal mask: equal tokens do not stay equal positions there.</exception>
    public static PhaseMeasurement Run(
        PhaseGrid grid, int networks, ulong seed, int threads, Action<int, int>? progress = null, CancellationToken cancellation = default)
    {
        PhaseWork work = new(grid.Architecture, grid.X, grid.Y, networks, seed, "");
        MeasuredPoint[] points = new MeasuredPoint[work.Places.Count];
        int done = 0;
        Parallel.For(0, points.Length, new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellation }, number =>
        {
            points[number] = work.Measure(number);
            progress?.Invoke(Interlocked.Increment(ref done), points.Length);
        });
        return new(networks, points);
    }
}

/// <summary>Both exponents of random networks at one point of a phase diagram, at the collapsed line.</summary>
/// <param name="X">Value along the horizontal axis.</param>
/// <param name="Y">Value along the vertical axis.</param>
/// <param name="Angle">λ_a per block, mean over blocks and networks.</param>
/// <param name="PredictedAngle">The theory's λ_a, at infinite width.</param>
/// <param name="Gradient">λ_g of the mean mode per block.</param>
/// <param name="PredictedGradient">The theory's λ_g at the line: the diagram's where λ_a &lt; 0.</param>
public sealed record MeasuredPoint(
    double X, double Y, Estimate Angle, double PredictedAngle, Estimate Gradient, double PredictedGradient);
