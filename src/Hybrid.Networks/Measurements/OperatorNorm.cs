using Hybrid.Networks.Linear;

namespace Hybrid.Networks.Measurements;

/// <summary>A matrix's operator norm as power iteration on WᵀW found it.</summary>
/// <param name="Value">‖W‖, from below.</param>
/// <param name="Converged">Whether the last iteration changed the value by less than its tolerance.</param>
/// <param name="Iterations">Applications of WᵀW.</param>
public readonly record struct OperatorNorm(double Value, bool Converged, int Iterations)
{
    internal const int MostIterations = 2_000, IterationsBetweenChecks = 10;
    internal const double UsualTolerance = 1e-9;

    /// <summary>
    /// ‖W‖ of a row-major matrix, in double precision. The Rayleigh quotient grows monotonically to ‖W‖²; it stops where
    /// ten iterations add less than <paramref name="tolerance"/> of it. Starts from a fixed vector without symmetry.
    /// </summary>
    public static OperatorNorm Of(MatrixView<float> matrix, double tolerance = UsualTolerance)
    {
        double[] x = Start(matrix.Columns), y = new double[matrix.Rows];
        double checkpoint = 0, square = 0;
        for (int iteration = 1; iteration <= MostIterations; iteration++)
        {
            square = Apply(matrix, x, y);
            if (square == 0 || !double.IsFinite(square))
                return new(Math.Sqrt(square), true, iteration);
            if (iteration % IterationsBetweenChecks == 0)
            {
                if (square - checkpoint <= tolerance * square)
                    return new(Math.Sqrt(square), true, iteration);
                checkpoint = square;
            }
        }

        return new(Math.Sqrt(square), false, MostIterations);
    }

    /// <summary>The same of equal parts of a matrix that stand side by side, such as heads.</summary>
    /// <param name="matrix">Its columns are a multiple of <paramref name="parts"/>.</param>
    /// <param name="parts">≥ 1.</param>
    /// <param name="tolerance">As of one.</param>
    internal static OperatorNorm[] OfParts(MatrixView<float> matrix, int parts, double tolerance = UsualTolerance)
    {
        int columns = matrix.Columns / parts;
        return [.. Enumerable.Range(0, parts).Select(part => Of(matrix.Slice(0, part * columns, matrix.Rows, columns), tolerance))];
    }

    /// <summary>The vector that iterations start from, of norm 1.</summary>
    internal static double[] Start(int length)
    {
        double[] x = [.. Enumerable.Range(0, length).Select(k => 1 + 0.5 * Math.Sin(1 + 2.399963 * k))];
        Normalise(x);
        return x;
    }

    // y = W x, then x = WᵀW x normalised; returns ‖W x‖² of the old, unit x.
    private static double Apply(MatrixView<float> matrix, double[] x, double[] y)
    {
        double square = 0;
        for (int i = 0; i < y.Length; i++)
        {
            double sum = 0;
            Span<float> row = matrix.Row(i);
            for (int k = 0; k < row.Length; k++)
                sum += row[k] * x[k];
            y[i] = sum;
            square += sum * sum;
        }

        Array.Clear(x);
        for (int i = 0; i < y.Length; i++)
        {
            Span<float> row = matrix.Row(i);
            for (int k = 0; k < row.Length; k++)
                x[k] += row[k] * y[i];
        }

        Normalise(x);
        return square;
    }

    private static void Normalise(double[] x)
    {
        double square = 0;
        foreach (double entry in x)
            square += entry * entry;
        if (square > 0)
        {
            double scale = 1 / Math.Sqrt(square);
            for (int k = 0; k < x.Length; k++)
                x[k] *= scale;
        }
    }
}
