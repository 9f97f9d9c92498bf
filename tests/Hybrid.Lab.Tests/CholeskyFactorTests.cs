using Hybrid.Lab.Statistics;
using Xunit;

namespace Hybrid.Lab.Tests;

public class CholeskyFactorTests
{
    // MᵀM A is the identity to n roundings for each unit of the condition number, at most (n + ν)/ν of a kernel with noise ν.
    [Theory]
    [InlineData(1, 1.0)]
    [InlineData(7, 0.1)]
    [InlineData(40, 1e-3)]
    public void The_inverse_factor_is_that_of_the_inverse_matrix(int n, double noise)
    {
        double Entry(int i, int j) => Math.Exp(-0.02 * (i - j) * (i - j)) + (i == j ? noise : 0);
        double[] factor = new double[n * n];
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j < n; j++)
                factor[i * n + j] = j <= i ? Entry(i, j) : double.NaN;
        }

        CholeskyFactor.Invert(factor, n);
        double rounding = n * (n + noise) / noise * Math.ScaleB(1, -52);
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j < n; j++)
            {
                double product = 0;
                for (int k = 0; k < n; k++)
                {
                    double inverse = 0;
                    for (int row = Math.Max(i, k); row < n; row++)
                        inverse += factor[row * n + i] * factor[row * n + k];
                    product += inverse * Entry(k, j);
                }

                Assert.InRange(product - (i == j ? 1 : 0), -rounding, rounding);
            }
        }
    }

    [Fact]
    public void A_matrix_that_is_not_positive_definite_is_refused() =>
        Assert.Contains("pivot 1 is -3", Assert.Throws<ArgumentException>(() => CholeskyFactor.Invert([1, 0, 2, 1], 2)).Message);
}
