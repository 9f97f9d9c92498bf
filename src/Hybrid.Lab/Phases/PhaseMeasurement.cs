using Hybrid.Architectures;
using Hybrid.Import.Json;
using Hybrid.Lab.Statistics;
using Hybrid.Networks.Tangents;
using Hybrid.Theory;

namespace Hybrid.Lab.Phases;

/// <summary>
/// Random networks at points spread over a phase diagram: what becomes of infinitesimal differences between equal tokens and,
/// backwards, of their gradient. Finite width shifts a measured exponent by a term of order 1/width.
/// </summary>
/// <param name="Networks">Networks at each point.</param>
/// <param name="Points">Row by row, from the lower left.</param>
public sealed record PhaseMeasurement(int Networks, IReadOnlyList<MeasuredPoint> Points)
{
    // Points along an axis.
    private const int Side = 7;

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
        ArgumentOutOfRangeException.ThrowIfLessThan(networks, 2);
        if (!Features.AreClosed(grid.Architecture))
        {
            throw new InputException("--measure: networks are measured without a mask and with plain heads, "
                + $"and '{grid.Architecture.Name}' has other ones; "
                + "give --set mask=none and the like, or leave --measure out");
        }

        int[] columns = Spread(grid.X.Count), rows = Spread(grid.Y.Count);
        (double X, double Y)[] places = [.. rows.SelectMany(row => columns.Select(column => (grid.X.Values[column], grid.Y.Values[row])))];
        PhaseLaw law = PhaseLaw.Of(places.Select(place => grid.At(place.X, place.Y)));
        MeasuredPoint[] points = new MeasuredPoint[places.Length];
        int done = 0;
        Parallel.For(0, points.Length, new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellation }, number =>
        {
            (double x, double y) = places[number];
            points[number] = Measure(x, y, grid.At(x, y), law, networks, seed);
            progress?.Invoke(Interlocked.Increment(ref done), points.Length);
        });
        return new(networks, points);
    }

    /// <summary>Indices of the middles of at most <see cref="Side"/> equal parts.</summary>
    private static int[] Spread(int count) =>
        [.. Enumerable.Range(0, Math.Min(Side, count)).Select(part => (2 * part + 1) * count / (2 * Math.Min(Side, count)))];

    private static MeasuredPoint Measure(double x, double y, Architecture architecture, PhaseLaw law, int networks, ulong seed)
    {
        using LineExponents exponents = new(StationaryNorm.Of(architecture), Math.Min(4, Math.Max(1, architecture.Width - 1)));
        double[] angle = new double[architecture.Depth], gradient = new double[architecture.Depth];
        double[] angles = new double[networks], gradients = new double[networks];
        for (int sample = 0; sample < networks; sample++)
        {
            exponents.Run(seed, sample, angle, gradient);
            (angles[sample], gradients[sample]) = (angle.Average(), gradient.Average());
        }

        PhasePoint predicted = law.OnLine(architecture);
        return new(x, y, Estimate.Of(angles), predicted.Angle, Estimate.Of(gradients), predicted.Gradient);
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
