using Hybrid.Architectures;
using Hybrid.Import.Json;
using Hybrid.Import.Records;
using Hybrid.Theory;

namespace Hybrid.Lab.Phases;

/// <summary>λ_a and λ_g of an architecture on a grid of two of its hyperparameters, and where they vanish.</summary>
/// <param name="Architecture">The architecture whose other fields are held fixed.</param>
/// <param name="X">The horizontal axis.</param>
/// <param name="Y">The vertical axis.</param>
/// <param name="Angle">[x, y]: angle exponent λ_a per block on the line; NaN where norms leave double precision.</param>
/// <param name="Gradient">[x, y]: gradient exponent λ_g per block at the attracting state; NaN there too.</param>
/// <param name="Correlation">[x, y]: ρ* of the attracting state; NaN where norms are not stationary.</param>
/// <param name="AngleZero">Where λ_a vanishes; empty where an axis holds whole numbers only.</param>
/// <param name="GradientZero">Where λ_g vanishes; empty where an axis holds whole numbers only.</param>
public sealed record PhaseGrid(
    Architecture Architecture,
    PhaseAxis X,
    PhaseAxis Y,
    double[,] Angle,
    double[,] Gradient,
    double[,] Correlation,
    IReadOnlyList<ZeroLine> AngleZero,
    IReadOnlyList<ZeroLine> GradientZero)
{
    /// <summary>
    /// An exponent no larger than this at any point is zero throughout, such as λ_g of post-normalised ReLU: the signs of
    /// its rounding errors draw no line. Exponents are logarithms of ratios of order one, good to a few 1e-16.
    /// </summary>
    internal const double Vanishing = 1e-13;

    /// <summary>Whether norms leave double precision at some point: it has no exponents.</summary>
    public bool HasDivergent => Angle.Cast<double>().Any(double.IsNaN);

    /// <summary>
    /// Evaluates the theory's exponents at every grid point, columns in parallel, and follows their zero lines; the
    /// result depends on nothing but the arguments. <paramref name="progress"/> receives the number of columns done.
    /// </summary>
    /// <exception cref="InputException">Both axes sweep the same path.</exception>
    /// <exception cref="InvalidArchitectureException">A grid point is out of a field's range.</exception>
    public static PhaseGrid Compute(
        Architecture architecture,
        PhaseAxis x,
        PhaseAxis y,
        int threads = 1,
        Action<int>? progress = null,
        CancellationToken cancellation = default) =>
        Compute(architecture, x, y, PhaseLaw.Of, threads, progress, cancellation);

    /// <summary>The same with a law of the caller's choice, made from the architectures on the grid's border.</summary>
    public static PhaseGrid Compute(
        Architecture architecture,
        PhaseAxis x,
        PhaseAxis y,
        Func<IEnumerable<Architecture>, PhaseLaw> makeLaw,
        int threads,
        Action<int>? progress,
        CancellationToken cancellation)
    {
        if (x.Paths.Intersect(y.Paths).FirstOrDefault() is string shared)
            throw new InputException($"--x and --y both sweep {shared}; give every path to one axis");
        PhaseLaw law = makeLaw(LegalBorder(architecture, x, y));
        double[,] angle = new double[x.Count, y.Count], gradient = new double[x.Count, y.Count], rho = new double[x.Count, y.Count];
        int done = 0;
        ParallelOptions options = new() { MaxDegreeOfParallelism = threads, CancellationToken = cancellation };
        Parallel.For(0, x.Count, options, i =>
        {
            PhasePoint[] column = law.Along([.. y.Values.Select(value => At(architecture, x, x.Values[i], y, value))]);
            for (int j = 0; j < y.Count; j++)
                (angle[i, j], gradient[i, j], rho[i, j]) = (column[j].Angle, column[j].Gradient, column[j].Rho);

            int finished = Interlocked.Increment(ref done);
            progress?.Invoke(finished);
        });
        ZeroLine[] Zero(double[,] values, Func<Architecture, double> exponent) =>
            x.IsContinuous && y.IsContinuous && values.Cast<double>().Any(value => Math.Abs(value) > Vanishing)
            ? ZeroLines.Trace(
                (valueX, valueY) =>
                {
                    cancellation.ThrowIfCancellationRequested();
                    return exponent(At(architecture, x, Math.Clamp(valueX, x.Low, x.High), y, Math.Clamp(valueY, y.Low, y.High)));
                },
                [.. x.Values],
                [.. y.Values],
                [.. Enumerable.Range(0, y.Count).Select(j => Enumerable.Range(0, x.Count).Select(i => values[i, j]).ToArray())])
            : [];
        ZeroLine[] angleZero = [], gradientZero = [];
        Parallel.Invoke(
            options,
            () => angleZero = Zero(angle, member => law.OnLine(member).Angle),
            () => gradientZero = Zero(gradient, member => law.Along([member]).Single().Gradient));
        return new(architecture, x, y, angle, gradient, rho, angleZero, gradientZero);
    }

    /// <summary>The architecture at a point of the diagram.</summary>
    internal Architecture At(double x, double y) => At(Architecture, X, x, Y, y);

    /// <summary>
    /// The architectures on the border of the grid. An illegal range is refused here, before any work: single fields
    /// along both axes, combinations of two at the corners.
    /// </summary>
    private static List<Architecture> LegalBorder(Architecture architecture, PhaseAxis x, PhaseAxis y)
    {
        IEnumerable<Architecture> horizontal =
            x.Values.SelectMany(valueX => new[] { y.Low, y.High }.Select(valueY => At(architecture, x, valueX, y, valueY)));
        IEnumerable<Architecture> vertical =
            y.Values.SelectMany(valueY => new[] { x.Low, x.High }.Select(valueX => At(architecture, x, valueX, y, valueY)));
        return [.. horizontal.Concat(vertical).Select(ArchitectureModule.EnsureValid)];
    }

    internal static Architecture At(Architecture architecture, PhaseAxis x, double valueX, PhaseAxis y, double valueY) =>
        ArchitectureOverrides.Replace(ArchitectureOverrides.Replace(architecture, x.Paths, valueX, "--x"), y.Paths, valueY, "--y");
}
