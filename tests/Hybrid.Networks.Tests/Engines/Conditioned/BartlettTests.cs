using Hybrid.Networks.Engines.Conditioned;
using Hybrid.Networks.Random;
using MathNet.Numerics;
using Xunit;

namespace Hybrid.Networks.Tests.Engines.Conditioned;

public sealed class BartlettTests
{
    // Kolmogorov–Smirnov at 1e-6: sums of squares up to 12 degrees of freedom, rejection beyond.
    [Theory]
    [InlineData(1)]
    [InlineData(12)]
    [InlineData(13)]
    [InlineData(40)]
    [InlineData(65_536)]
    [Trait("guards", "(12.2) by closed form")]
    public void Chi_variables_have_their_law(int degrees)
    {
        const int count = 200_000;
        NormalSequence normals = new();
        normals.Start(new RandomKey(3, degrees, 1, 2));
        double[] squares = [.. Enumerable.Range(0, count).Select(_ => Math.Pow(normals.Chi(degrees), 2))];
        double ChiSquare(double x) => SpecialFunctions.GammaLowerRegularized(degrees / 2.0, x / 2);
        Assert.True(Statistics.KolmogorovTail(Statistics.Distance(squares, ChiSquare), count) > 1e-6);
    }

    // S = Γ Γᵀ of Γ: [p, ν] has mean ν I, Var S_ii = 2ν, Var S_ij = ν, and uncorrelated entries. Fewer coordinates than rows
    // leave a singular S: T has ν columns.
    [Theory]
    [InlineData(4, 2)]
    [InlineData(4, 4)]
    [InlineData(4, 30)]
    [Trait("guards", "(12.2) by sampling")]
    public void A_triangle_stands_for_normal_rows(int rows, int coordinates)
    {
        const int samples = 40_000;
        using Rows triangle = new(rows, Bartlett.Columns(rows, coordinates));
        NormalSequence normals = new();
        normals.Start(new RandomKey(4, coordinates, 1, 2));
        int entries = rows * (rows + 1) / 2;
        double[] gram = new double[entries], first = new double[entries];
        double[,] second = new double[entries, entries];
        for (int sample = 0; sample < samples; sample++)
        {
            Bartlett.Fill(triangle.View, coordinates, normals);
            int entry = 0;
            for (int i = 0; i < rows; i++)
            {
                for (int j = 0; j <= i; j++)
                    gram[entry++] = Rows.Dot(triangle.View, i, triangle.View, j) - (i == j ? coordinates : 0);
            }

            for (int a = 0; a < entries; a++)
            {
                first[a] += gram[a] / samples;
                for (int b = 0; b <= a; b++)
                    second[a, b] += gram[a] * gram[b] / samples;
            }
        }

        // Fourth moments of Gaussian chaos of order two are at most 3⁴ squared variances.
        double[] variance = new double[entries];
        for (int i = 0, entry = 0; i < rows; i++)
        {
            for (int j = 0; j <= i; j++)
                variance[entry++] = i == j ? 2 * coordinates : coordinates;
        }

        for (int a = 0; a < entries; a++)
        {
            Statistics.Agrees($"mean of entry {a}", 0, first[a], Math.Sqrt(variance[a] / samples));
            for (int b = 0; b <= a; b++)
            {
                double error = 9 * Math.Sqrt(variance[a] * variance[b] / samples);
                Statistics.Agrees($"covariance of entries {a} and {b}", a == b ? variance[a] : 0, second[a, b], error);
            }
        }
    }
}
