using Hybrid.Networks.Linear;
using Hybrid.Networks.Measurements;
using MathNet.Numerics.LinearAlgebra;
using Xunit;

namespace Hybrid.Networks.Tests.Measurements;

public sealed unsafe class OperatorNormTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(7, 1)]
    [InlineData(1, 9)]
    [InlineData(39, 42)]
    [InlineData(64, 17)]
    public void The_norm_is_the_largest_singular_value(int rows, int columns)
    {
        System.Random random = new(rows * 100 + columns);
        float[] entries = [.. Enumerable.Range(0, rows * columns).Select(_ => (float)(random.NextDouble() - 0.4))];
        Matrix<double> matrix = Matrix<double>.Build.Dense(rows, columns, (i, j) => entries[i * columns + j]);
        OperatorNorm norm = Of(entries, rows, columns);
        Assert.True(norm.Converged, $"not converged after {norm.Iterations} iterations");

        // Ten iterations that add less than 1e-9 leave an error of that order where the gap is of order 1.
        Near.Equal("norm", matrix.L2Norm(), norm.Value, 0, 1e-7);
    }

    // σ₁ = 3 and σ₂ = 3(1 − gap) beside each other, of entries in single precision. In their plane an application of WᵀW divides
    // the square's distance from σ₁², as a share of it, by 1/ratio², ratio = σ₂²/σ₁², once it is small beside the gap: ten that add
    // less than the tolerance leave less than tolerance/(ratio⁻²⁰ − 1), and no more than 1 − ratio at all. Half of it is the norm's.
    [Theory]
    [InlineData(1e-1, 1e-9, true)]
    [InlineData(3e-2, 1e-9, true)]
    [InlineData(1e-2, 1e-9, true)]
    [InlineData(1e-2, 1e-6, true)]
    [InlineData(1e-3, 1e-9, false)]
    [InlineData(1e-6, 1e-9, true)]
    public void Nearly_equal_singular_values_are_told_apart_as_far_as_the_tolerance_goes(double gap, double tolerance, bool converges)
    {
        const int Rows = 23, Columns = 17;
        Matrix<double> left = Orthonormal(Rows, 1), right = Orthonormal(Columns, 2);
        Matrix<double> planned = 3 * left.Column(0).OuterProduct(right.Column(0))
            + 3 * (1 - gap) * left.Column(1).OuterProduct(right.Column(1));
        float[] entries = [.. planned.Transpose().ToColumnMajorArray().Select(entry => (float)entry)];
        double[] values = [.. Matrix<double>.Build.Dense(Rows, Columns, (i, j) => entries[i * Columns + j]).Svd(false).S];
        double ratio = Math.Pow(values[1] / values[0], 2);
        double below = converges ? Math.Min(1 - ratio, tolerance / (Math.Pow(ratio, -20) - 1)) : 1 - ratio;
        fixed (float* data = entries)
        {
            OperatorNorm norm = OperatorNorm.Of(new MatrixView<float>(data, Rows, Columns), tolerance);
            Assert.Equal(converges, norm.Converged);
            // Sums of some twenty products round to 1e-14.
            Assert.InRange(norm.Value / values[0], Math.Sqrt(1 - below) - 1e-14, 1 + 1e-14);
        }
    }

    [Fact]
    public void Two_equal_singular_values_are_no_obstacle()
    {
        OperatorNorm norm = Of([3, 0, 0, 0, 3, 0, 0, 0, 1], 3, 3);
        Assert.True(norm.Converged);
        Near.Equal("norm", 3, norm.Value, 0, 1e-9);
    }

    [Fact]
    public void A_zero_matrix_has_norm_zero() => Assert.Equal(0, Of(new float[6], 2, 3).Value);

    private static Matrix<double> Orthonormal(int size, int seed)
    {
        System.Random random = new(seed);
        return Matrix<double>.Build.Dense(size, size, (_, _) => random.NextDouble() - 0.5).QR().Q;
    }

    private static OperatorNorm Of(float[] entries, int rows, int columns)
    {
        fixed (float* data = entries)
            return OperatorNorm.Of(new MatrixView<float>(data, rows, columns));
    }
}
