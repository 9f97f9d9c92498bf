using Hybrid.Harness.Architectures;
using Hybrid.Theory;

namespace Hybrid.Harness.Phases;

/// <summary>λ_a and λ_g of an architecture on a grid of two of its hyperparameters.</summary>
/// <param name="Architecture">The architecture whose other fields are held fixed.</param>
/// <param name="X">The horizontal axis.</param>
/// <param name="Y">The vertical axis.</param>
/// <param name="Angle">[x, y]: angle exponent λ_a per block on the line.</param>
/// <param name="Gradient">[x, y]: gradient exponent λ_g per block on the line.</param>
public sealed record PhaseGrid(Architecture Architecture, PhaseAxis X, PhaseAxis Y, double[,] Angle, double[,] Gradient)
{
    /// <summary>
    /// Evaluates <paramref name="exponents"/> at every grid point, columns in parallel; the result depends on nothing
    /// but the arguments. <paramref name="progress"/> receives the number of columns done.
    /// </summary>
    /// <exception cref="InputException">Both axes sweep the same path.</exception>
    /// <exception cref="InvalidArchitectureException">A grid point is out of a field's range.</exception>
    public static PhaseGrid Compute(
        Architecture architecture,
        PhaseAxis x,
        PhaseAxis y,
        Func<Architecture, (double Angle, double Gradient)> exponents,
        int threads,
        Action<int> progress,
        CancellationToken cancellation)
    {
        if (x.Paths.Intersect(y.Paths).FirstOrDefault() is string shared)
            throw new InputException($"--x and --y both sweep {shared}; give every path to one axis");
        EnsureLegal(architecture, x, y);
        double[,] angle = new double[x.Count, y.Count], gradient = new double[x.Count, y.Count];
        int done = 0;
        Parallel.For(0, x.Count, new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellation }, i =>
        {
            for (int j = 0; j < y.Count; j++)
            {
                cancellation.ThrowIfCancellationRequested();
                (angle[i, j], gradient[i, j]) = exponents(At(architecture, x, x.Values[i], y, y.Values[j]));
            }

            progress(Interlocked.Increment(ref done));
        });
        return new(architecture, x, y, angle, gradient);
    }

    /// <summary>
    /// Refuses an illegal range before any work: single fields along both axes, combinations of two at the corners.
    /// </summary>
    private static void EnsureLegal(Architecture architecture, PhaseAxis x, PhaseAxis y)
    {
        foreach (double valueX in x.Values)
        {
            foreach (double valueY in (ReadOnlySpan<double>)[y.Low, y.High])
                ArchitectureModule.EnsureValid(At(architecture, x, valueX, y, valueY));
        }

        foreach (double valueY in y.Values)
            ArchitectureModule.EnsureValid(At(architecture, x, x.Low, y, valueY));
    }

    private static Architecture At(Architecture architecture, PhaseAxis x, double valueX, PhaseAxis y, double valueY) =>
        ArchitectureOverrides.Replace(ArchitectureOverrides.Replace(architecture, x.Paths, valueX, "--x"), y.Paths, valueY, "--y");
}
