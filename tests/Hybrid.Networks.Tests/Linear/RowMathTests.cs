using Hybrid.Networks.Linear;
using Xunit;

namespace Hybrid.Networks.Tests.Linear;

public sealed unsafe class RowMathTests
{
    // 13 is no multiple of a vector's length: whole vectors and what is left over.
    [Fact]
    public void The_slope_of_tanh_is_its_difference()
    {
        const int n = 13;
        const double h = 1e-5, scale = 0.5, factor = 1.5;
        double* values = stackalloc double[n], slopes = stackalloc double[n];
        for (int i = 0; i < n; i++)
            (values[i], slopes[i]) = (Math.Tanh(i - 6) / scale, i + 1);
        RowMath.MultiplyByTanhSlope(factor, values, scale, slopes, n);
        for (int i = 0; i < n; i++)
        {
            double expected = factor * (Math.Tanh(i - 6 + h) - Math.Tanh(i - 6 - h)) / (2 * h);
            // |tanh‴| ≤ 2: h²/3, and a rounding of 1 over h
            Assert.Equal(expected, slopes[i] / (i + 1), factor * (h * h / 3 + 1e-16 / h));
        }
    }
}
