using Hybrid.Networks.Linear;
using Hybrid.Networks.Random;
using Hybrid.Networks.Tangents;
using Hybrid.Networks.Tests.Engines.Conditioned;
using Xunit;

namespace Hybrid.Networks.Tests.Tangents;

public sealed class ConditionedMatrixTests
{
    private const int In = 7, Out = 5;
    private const double Deviation = 0.6;

    [Fact]
    [Trait("guards", "(12.1) (12.5) by property")]
    public void Answers_are_those_of_one_linear_map_and_its_transpose()
    {
        const int n = 4, d = 61, m = 83;
        using TestWorkspace test = new(4 * n, m);
        using ConditionedMatrix matrix = new(test.Workspace, d, m, Deviation);
        matrix.Reset(new RandomKey(5, 0, 1, 2));
        using Rows z = Rows.Normal(n, d, 1), y = new(n, m), g = Rows.Normal(n, m, 2), back = new(n, d);
        using Rows z2 = Rows.Normal(n, d, 3), y2 = new(n, m), g2 = Rows.Normal(n, m, 4), back2 = new(n, d), again = new(n, m);
        matrix.Apply(z.View, y.View);
        matrix.ApplyTranspose(g.View, back.View);
        matrix.Apply(z2.View, y2.View);
        matrix.ApplyTranspose(g2.View, back2.View);
        foreach ((Rows inputs, Rows outputs) in new[] { (z, y), (z2, y2) })
        {
            foreach ((Rows gradients, Rows images) in new[] { (g, back), (g2, back2) })
            {
                for (int i = 0; i < n; i++)
                {
                    for (int j = 0; j < n; j++)
                    {
                        Near.Equal(
                            $"g_{j}·(z_{i} W) = (g_{j} Wᵀ)·z_{i}", Rows.Dot(outputs.View, i, gradients.View, j),
                            Rows.Dot(inputs.View, i, images.View, j), 1e-10);
                    }
                }
            }
        }

        for (int k = 0; k < d; k++)
            z2[0, k] = 2 * z[1, k] - 3 * z2[2, k];
        matrix.Apply(z2.View, again.View);
        for (int k = 0; k < m; k++)
            Near.Equal("W (2 z₁ − 3 z′₂)", 2 * y[1, k] - 3 * y2[2, k], again[0, k], 1e-10);
    }

    // The whole matrix is recovered from asks that depend on earlier answers, as in a network: z₁; then gradients made
    // of the answer; then all of the space. Its 35 entries must be independent N(0, σ²): every mean, variance and
    // covariance over 8000 matrices (35 + 630 statistics at 5 standard errors: false-positive rate 4e-4), the law of an
    // entry and of ‖W‖² (Kolmogorov–Smirnov at 1e-6).
    [Fact]
    [Trait("guards", "(12.1) (12.5) by sampling")]
    public void Whatever_is_asked_in_whatever_order_the_entries_are_independent_normals()
    {
        const int matrices = 8_000, entries = In * Out;
        using TestWorkspace test = new(12, In);
        using ConditionedMatrix matrix = new(test.Workspace, In, Out, Deviation);
        using Rows identity = new(In, In), whole = new(In, Out), z = Rows.Normal(2, In, 1), y = new(2, Out), g = new(2, Out),
            d = new(2, In),
            y2 = new(2, Out);
        for (int i = 0; i < In; i++)
            identity[i, i] = 1;
        double[] sums = new double[entries], first = new double[matrices], norms = new double[matrices];
        double[,] products = new double[entries, entries];
        for (int sample = 0; sample < matrices; sample++)
        {
            matrix.Reset(new RandomKey(17, sample, 1, 3));
            matrix.Apply(z.View, y.View);
            for (int k = 0; k < Out; k++)
                (g[0, k], g[1, k]) = (Math.Tanh(y[0, k]), y[0, k] * y[1, k]);
            matrix.ApplyTranspose(g.View, d.View);
            matrix.Apply(d.View, y2.View);
            matrix.ApplyTranspose(y2.View, d.View);
            matrix.Apply(identity.View, whole.View);
            ReadOnlySpan<double> w = whole.Values;
            for (int i = 0; i < entries; i++)
            {
                sums[i] += w[i];
                for (int j = 0; j <= i; j++)
                    products[i, j] += w[i] * w[j];
                norms[sample] += w[i] * w[i] / (Deviation * Deviation);
            }

            first[sample] = w[0] / Deviation;
        }

        double variance = Deviation * Deviation;
        for (int i = 0; i < entries; i++)
        {
            Statistics.Agrees($"E w_{i}", 0, sums[i] / matrices, Deviation / Math.Sqrt(matrices));
            Statistics.Agrees($"E w_{i}²", variance, products[i, i] / matrices, variance * Math.Sqrt(2.0 / matrices));
            for (int j = 0; j < i; j++)
                Statistics.Agrees($"E w_{i} w_{j}", 0, products[i, j] / matrices, variance / Math.Sqrt(matrices));
        }

        Assert.True(Statistics.KolmogorovTail(Statistics.Distance(first, Statistics.NormalCumulative), matrices) > 1e-6);
        double ChiSquare(double x) => MathNet.Numerics.SpecialFunctions.GammaLowerRegularized(entries / 2.0, x / 2);
        Assert.True(Statistics.KolmogorovTail(Statistics.Distance(norms, ChiSquare), matrices) > 1e-6);
    }

    // The sum over two matrices with 3 inputs asked, at every gradient of the space: rows of D are then the columns of the
    // matrices themselves, D = σ-weighted entries. Joined with the answers they recover both matrices' sum exactly, so
    // Σ G_k W_kᵀ with G_k unit vectors must be the matrices' entries: independent N(0, σ₁² + σ₂²) for equal G.
    [Fact]
    public void The_last_ask_gives_the_same_law_and_respects_what_is_known()
    {
        const int matrices = 8_000, entries = In * Out;
        double[] deviations = [0.6, 1.1];
        using TestWorkspace test = new(12, In);
        using RowBasis inputs = new(In, In);
        using ConditionedMatrix first = new(test.Workspace, inputs, Out, deviations[0]),
            second = new(test.Workspace, inputs, Out, deviations[1]);
        using Rows identity = new(Out, Out), z = Rows.Normal(3, In, 1), coefficients = new(3, In), y = new(3, Out), y2 = new(3, Out),
            d = new(Out, In),
            gram = new(Out, Out);
        double[] squares = new double[2], biases = new double[2];
        for (int i = 0; i < Out; i++)
            identity[i, i] = gram[i, i] = 1;
        double variance = deviations.Sum(deviation => deviation * deviation);
        double[,] products = new double[entries, entries];
        for (int sample = 0; sample < matrices; sample++)
        {
            inputs.Clear();
            first.Reset(new RandomKey(23, sample, 1, 3));
            second.Reset(new RandomKey(23, sample, 1, 4));
            inputs.Append(z.View, coefficients.View, test.Workspace);
            first.ApplyCoefficients(coefficients.View, y.View);
            second.ApplyCoefficients(coefficients.View, y2.View);
            ConditionedMatrix.ApplyTransposeLast([first, second], [identity.View, identity.View], d.View, gram.View, squares, biases);
            for (int i = 0; i < 3; i++)
            {
                for (int k = 0; k < Out; k++)
                    Near.Equal("z (W₁ + W₂)", y[i, k] + y2[i, k], Rows.Dot(z.View, i, d.View, k), 1e-12);
            }

            ReadOnlySpan<double> w = d.Values;
            for (int i = 0; i < entries; i++)
            {
                for (int j = 0; j <= i; j++)
                    products[i, j] += w[i] * w[j];
            }
        }

        for (int i = 0; i < entries; i++)
        {
            Statistics.Agrees($"E w_{i}²", variance, products[i, i] / matrices, variance * Math.Sqrt(2.0 / matrices));
            for (int j = 0; j < i; j++)
                Statistics.Agrees($"E w_{i} w_{j}", 0, products[i, j] / matrices, variance / Math.Sqrt(matrices));
        }

        Assert.Throws<InvalidOperationException>(() => first.ApplyCoefficients(coefficients.View, y.View));
    }

    // Two inputs at angle u = 1e-12: W's action on their difference is N(0, σ² |z − z′|²), seen at its own scale.
    [Theory]
    [InlineData(1e-6)]
    [InlineData(1e-12)]
    [InlineData(1e-18)]
    public void Differences_of_collapsed_inputs_are_mapped_at_their_own_scale(double u)
    {
        const int d = 300, m = 4000;
        using TestWorkspace test = new(4, m);
        using ConditionedMatrix matrix = new(test.Workspace, d, m, Deviation);
        matrix.Reset(new RandomKey(6, 0, 1, 2));
        using Rows z = Rows.Normal(2, d, 1), y = new(2, m);
        for (int k = 0; k < d; k++)
            z[1, k] = z[0, k] + Math.Sqrt(2 * u) * z[1, k];
        double distance = 0, mapped = 0;
        for (int k = 0; k < d; k++)
            distance += Math.Pow(z[1, k] - z[0, k], 2);
        matrix.Apply(z.View, y.View);
        for (int k = 0; k < m; k++)
            mapped += Math.Pow(y[1, k] - y[0, k], 2);
        Statistics.Agrees("|W (z − z′)|² / m σ² |z − z′|²", 1, mapped / (m * Deviation * Deviation * distance), Math.Sqrt(2.0 / m));
    }

    [Fact]
    public void Matrices_that_share_their_inputs_are_independent_of_each_other()
    {
        const int d = 20, m = 20_000;
        using TestWorkspace test = new(3, m);
        using RowBasis inputs = new(3, d);
        using ConditionedMatrix first = new(test.Workspace, inputs, m, 1), second = new(test.Workspace, inputs, m, 1);
        first.Reset(new RandomKey(6, 0, 1, 2));
        second.Reset(new RandomKey(6, 0, 1, 3));
        using Rows z = Rows.Normal(3, d, 1), coefficients = new(3, 3), y = new(3, m), y2 = new(3, m);
        inputs.Append(z.View, coefficients.View, test.Workspace);
        first.ApplyCoefficients(coefficients.View, y.View);
        second.ApplyCoefficients(coefficients.View, y2.View);
        for (int i = 0; i < 3; i++)
        {
            for (int j = 0; j < 3; j++)
            {
                double overlap = Rows.Dot(z.View, i, z.View, j), product = Rows.Dot(z.View, i, z.View, i) * Rows.Dot(z.View, j, z.View, j);
                Statistics.Agrees(
                    $"y_{i}·y_{j} / m", overlap, Rows.Dot(y.View, i, y.View, j) / m, Math.Sqrt((product + overlap * overlap) / m));
                Statistics.Agrees($"y_{i}·y′_{j} / m", 0, Rows.Dot(y.View, i, y2.View, j) / m, Math.Sqrt(product / m));
            }
        }
    }
}
