using Hybrid.Lab.Comparisons;
using Hybrid.Lab.Statistics;

namespace Hybrid.Lab.Phases;

/// <summary>
/// Random networks at points spread over a phase diagram, and whether the theory agrees with them: what becomes of infinitesimal
/// differences between equal tokens and, backwards, of their gradient. Finite width shifts a measured exponent by a term of order 1/width,
/// so every point is measured at two widths and carried to infinite width, as <see cref="Checks.Check"/> does.
/// </summary>
/// <param name="Networks">Networks at each point at the diagram's own width.</param>
/// <param name="FamilyWiseRate">Probability that a correct theory disagrees anywhere.</param>
/// <param name="Points">Row by row, from the lower left.</param>
public sealed record PhaseMeasurement(int Networks, double FamilyWiseRate, IReadOnlyList<MeasuredPoint> Points)
{
    /// <summary>Disagrees if any exponent of any point does, else inconclusive if more than half of them are.</summary>
    public Agreement Agreement => Judgement.Together([.. Exponents.Select(exponent => exponent.Agreement)]);

    /// <summary>All comparisons of one verdict, two at each point.</summary>
    public int Count(Agreement agreement) => Exponents.Count(exponent => exponent.Agreement == agreement);

    private IEnumerable<ExponentComparison> Exponents =>
        Points.SelectMany(point => (ExponentComparison[])[point.Angle, point.Gradient]);

    /// <summary>Draws and measures; the result depends on the work alone.</summary>
    /// <param name="work">The points.</param>
    /// <param name="threads">≥ 1: points at a time while memory lasts, or threads of one point where an engine takes all.</param>
    /// <param name="progress">Told the number of points done and of all, from any thread.</param>
    /// <param name="cancellation">Stops between two networks.</param>
    public static PhaseMeasurement Run(
        PhaseWork work, int threads, Action<int, int>? progress = null, CancellationToken cancellation = default)
    {
        MeasuredPoint[] points = new MeasuredPoint[work.Places.Count];
        int done = 0, atATime = work.PointsAtATime(threads);
        Parallel.For(0, points.Length, new ParallelOptions { MaxDegreeOfParallelism = atATime, CancellationToken = cancellation }, number =>
        {
            points[number] = work.Judge(number, work.Measure(number, Math.Max(1, threads / atATime), cancellation));
            progress?.Invoke(Interlocked.Increment(ref done), points.Length);
        });
        return new(work.Networks, PhaseWork.FamilyWiseRate, points);
    }
}

/// <summary>Both exponents of random networks at one point of a phase diagram, at the collapsed line.</summary>
/// <param name="X">Value along the horizontal axis.</param>
/// <param name="Y">Value along the vertical axis.</param>
/// <param name="Angle">λ_a per block, mean over blocks and networks.</param>
/// <param name="Gradient">λ_g of the mean mode per block at the line: the diagram's where λ_a &lt; 0.</param>
public sealed record MeasuredPoint(double X, double Y, ExponentComparison Angle, ExponentComparison Gradient);

/// <summary>
/// An exponent of the theory against networks at two widths, by the criterion of <see cref="QuantityComparison"/>; all of it is in units of
/// the exponent, natural logarithms per block, because an exponent may vanish.
/// </summary>
/// <param name="Prediction">The theory's value, at infinite width.</param>
/// <param name="Measured">Mean and standard error at the point's own width.</param>
/// <param name="Extrapolation">The measurement at infinite width.</param>
/// <param name="Tolerance">k·SE + curvature + floor: the largest difference at infinite width that still agrees.</param>
/// <param name="Agreement">The verdict.</param>
public sealed record ExponentComparison(
    double Prediction, Estimate Measured, Extrapolation Extrapolation, double Tolerance, Agreement Agreement)
{
    /// <summary>
    /// Extrapolates and judges. An exponent is the logarithm of a block's growth, and it is the growth whose relative error counts: what
    /// is left of the extrapolation and what arithmetic may cause are those of a quantity of size one. A tolerance says something where
    /// it is at most half of the exponent, or where it changes the logarithm over the whole depth by at most a half.
    /// </summary>
    internal static ExponentComparison Of(
        double prediction, int depth, Estimate measured, int width, Estimate other, int otherWidth, ComparisonOptions options)
    {
        Extrapolation extrapolation = Extrapolation.Of(measured, width, other, otherWidth, scale: 1);
        Judgement judgement = Judgement.Of(
            prediction,
            new(0, double.PositiveInfinity),
            extrapolation,
            options.NumericalFloor,
            options.LargestTolerance * Math.Max(Math.Abs(prediction), 1.0 / depth),
            options.FalsePositiveRate);
        return new(prediction, measured, extrapolation, judgement.Tolerance, judgement.Agreement);
    }
}
