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

    [Fact]
    public void Two_equal_singular_values_are_no_obstacle()
    {
        OperatorNorm norm = Of([3, 0, 0, 0, 3, 0, 0, 0, 1], 3, 3);
        Assert.True(norm.Converged);
        Near.Equal("norm", 3, norm.Value, 0, 1e-9);
    }

    [Fact]
    public void A_zero_matrix_has_norm_zero() => Assert.Equal(0, Of(new float[6], 2, 3).Value);

    private static OperatorNorm Of(float[] entries, int rows, int columns)
    {
        fixed (float* data = entries)
            return OperatorNorm.Of(new MatrixView<float>(data, rows, columns));
    }
}
