using Hybrid.Networks.Linear;
using Hybrid.Networks.Tangents;

namespace Hybrid.Experiments.Lyapunov;

/// <summary>A map whose Lyapunov exponents are known, on which the estimator is calibrated.</summary>
/// <param name="Name">As in tables.</param>
/// <param name="Start">Where an orbit may start; every orbit starts a little beside it.</param>
/// <param name="Step">One step of the map.</param>
/// <param name="Jacobian">Its derivative, row-major, before that step.</param>
/// <param name="Exponents">The known exponents per step, the largest first.</param>
/// <param name="KnownTo">To what the known values are known.</param>
internal sealed record CalibrationMap(
    string Name,
    double[] Start,
    Func<double[], double[]> Step,
    Func<double[], double[]> Jacobian,
    IReadOnlyList<double> Exponents,
    double KnownTo)
{
    // Steps before the counting begins, so that the orbit is on its attractor and the tangents point along its directions.
    private const int Transient = 1000;

    /// <summary>The registered maps.</summary>
    public static readonly IReadOnlyList<CalibrationMap> All =
    [
        // Conjugate to the tent map, of slope ±2 everywhere.
        new("logistic map, r = 4", [0.3], x => [4 * x[0] * (1 - x[0])], x => [4 - 8 * x[0]], [Math.Log(2)], 0),
        Sigmoid(),
        // Arnold's cat map: eigenvalues (3 ± √5)/2.
        new(
            "cat map",
            [0.1, 0.2],
            x => [(2 * x[0] + x[1]) % 1, (x[0] + x[1]) % 1],
            _ => [2, 1, 1, 1],
            [Math.Log((3 + Math.Sqrt(5)) / 2), Math.Log((3 - Math.Sqrt(5)) / 2)],
            0),
        // a = 1.4, b = 0.3: the sum is ln b exactly, the largest is known numerically (0.41922, Sprott 2003).
        new(
            "Hénon map",
            [0.1, 0.1],
            x => [1 - 1.4 * x[0] * x[0] + x[1], 0.3 * x[0]],
            x => [-2.8 * x[0], 1, 0.3, 0],
            [0.41922, Math.Log(0.3) - 0.41922],
            1e-5),
    ];

    /// <summary>Mean exponents per step of one orbit; number <paramref name="orbit"/> starts beside <see cref="Start"/>.</summary>
    public double[] Orbit(int orbit, int steps)
    {
        int n = Start.Length;
        double[] x = [.. Start.Select(value => value + 1e-3 * orbit)];
        using NativeBuffer<double> memory = new(n * n, "tangents");
        MatrixView<double> rows = memory.Matrix(0, n, n);
        for (int i = 0; i < n; i++)
            rows.Row(i)[i] = 1;
        double[] sums = new double[n], logarithms = new double[n], carried = new double[n];
        for (int step = -Transient; step < steps; step++)
        {
            double[] jacobian = Jacobian(x);
            for (int row = 0; row < n; row++)
            {
                Span<double> tangent = rows.Row(row);
                for (int i = 0; i < n; i++)
                    carried[i] = Enumerable.Range(0, n).Sum(j => jacobian[i * n + j] * rows.Row(row)[j]);
                carried.CopyTo(tangent);
            }

            TangentFrame.Orthonormalise(rows, logarithms);
            for (int k = 0; k < n && step >= 0; k++)
                sums[k] += logarithms[k];
            x = Step(x);
        }

        return [.. sums.Select(sum => sum / steps)];
    }

    /// <summary>x → σ(w x + b) with a stable fixed point x*: the exponent is log |f′(x*)|, f′ = w f (1 − f).</summary>
    private static CalibrationMap Sigmoid()
    {
        const double Weight = 3, Bias = -1;
        static double F(double x) => 1 / (1 + Math.Exp(-(Weight * x + Bias)));
        static double Slope(double x) => Weight * F(x) * (1 - F(x));
        double fixedPoint = 0.3;
        for (int i = 0; i < 2000; i++)
            fixedPoint = F(fixedPoint);
        return new("sigmoid map at its fixed point", [0.3], x => [F(x[0])], x => [Slope(x[0])], [Math.Log(Slope(fixedPoint))], 1e-9);
    }
}
