using Hybrid.Networks.Linear;
using Hybrid.Networks.Tests.Engines.Conditioned;
using Xunit;

namespace Hybrid.Networks.Tests.Linear;

public sealed class RowBasisTests
{
    // A difference of relative size δ is stored by doubles to 1e-16/δ of itself; the basis may add a few roundings.
    [Theory]
    [InlineData(1.0)]
    [InlineData(1e-2)]
    [InlineData(1e-4)]
    [InlineData(1e-6)]
    [InlineData(1e-9)]
    [InlineData(1e-12)]
    public void Tokens_that_differ_by_any_size_above_rounding_are_resolved(double difference)
    {
        const int n = 9, d = 143;
        using TestWorkspace test = new(n, d);
        using RowBasis basis = new(n, d);
        using Rows coefficients = new(n, n), tokens = Rows.Normal(n, d, 1);
        for (int i = 1; i < n; i++)
        {
            for (int k = 0; k < d; k++)
                tokens[i, k] = tokens[0, k] + difference * tokens[i, k];
        }

        basis.Append(tokens.View, coefficients.View, test.Workspace);
        Assert.Equal(n, basis.Rank);
        RequireOrthonormal(basis);
        RequireReproduced(tokens, coefficients, basis, 1e-14);

        // Differences are reproduced by the coefficients themselves, not only within the rounding of the tokens: to the
        // basis' orthogonality (1e-16/1e-6 times the number of rows) and the rounding of the tokens themselves.
        for (int i = 1; i < n; i++)
        {
            double exact = 0, found = 0;
            for (int k = 0; k < d; k++)
                exact += (tokens[i, k] - tokens[0, k]) * (tokens[i, k] - tokens[0, k]);
            for (int k = 0; k < n; k++)
                found += (coefficients[i, k] - coefficients[0, k]) * (coefficients[i, k] - coefficients[0, k]);
            Near.Equal($"squared difference of token {i}", exact, found, 0, n * 1e-10 + 4e-14 / difference);
        }
    }

    [Fact]
    public void Equal_zero_and_dependent_vectors_add_no_direction()
    {
        const int d = 57;
        using TestWorkspace test = new(12, d);
        using RowBasis basis = new(12, d);
        using Rows coefficients = new(6, 12), vectors = Rows.Normal(6, d, 2);
        vectors.View.Row(0).CopyTo(vectors.View.Row(1));
        vectors.View.Row(2).Clear();
        for (int k = 0; k < d; k++)
            vectors[5, k] = 3 * vectors[0, k] - 0.5 * vectors[3, k];
        basis.Append(vectors.View, coefficients.View, test.Workspace);
        Assert.Equal(3, basis.Rank);
        RequireReproduced(vectors, coefficients, basis, 1e-14);

        // Asked again, and together with something new of a tiny size.
        for (int k = 0; k < d; k++)
            vectors[2, k] = 1e-8 * Math.Sin(k);
        basis.Append(vectors.View, coefficients.View, test.Workspace);
        Assert.Equal(4, basis.Rank);
        RequireOrthonormal(basis);
        RequireReproduced(vectors, coefficients, basis, 1e-14);
    }

    [Fact]
    public void More_vectors_than_coordinates_span_the_whole_space_and_no_more()
    {
        const int n = 20, d = 7;
        using TestWorkspace test = new(n, d);
        using RowBasis basis = new(d, d);
        using Rows coefficients = new(n, d), vectors = Rows.Normal(n, d, 3);
        basis.Append(vectors.View, coefficients.View, test.Workspace);
        Assert.Equal(d, basis.Rank);
        RequireOrthonormal(basis);
        RequireReproduced(vectors, coefficients, basis, 1e-14);
    }

    [Fact]
    public void Exceeding_the_capacity_is_an_error_that_names_it()
    {
        using TestWorkspace test = new(4, 30);
        using RowBasis basis = new(3, 30);
        using Rows coefficients = new(4, 3), vectors = Rows.Normal(4, 30, 4);
        Assert.Contains("3 directions", Assert.Throws<InvalidOperationException>(
            () => basis.Append(vectors.View, coefficients.View, test.Workspace)).Message);
    }

    private static void RequireOrthonormal(RowBasis basis)
    {
        for (int i = 0; i < basis.Rank; i++)
        {
            for (int j = 0; j <= i; j++)
            {
                Near.Equal(
                    $"overlap of basis rows {i} and {j}", i == j ? 1 : 0, Rows.Dot(basis.Rows, i, basis.Rows, j), basis.Rank * 1e-10);
            }
        }
    }

    private static void RequireReproduced(Rows vectors, Rows coefficients, RowBasis basis, double relative)
    {
        double largest = 0;
        for (int i = 0; i < vectors.View.Rows; i++)
            largest = Math.Max(largest, Math.Sqrt(Rows.Dot(vectors.View, i, vectors.View, i)));
        for (int i = 0; i < vectors.View.Rows; i++)
        {
            double[] product = new double[basis.Dimension];
            for (int j = 0; j < basis.Rank; j++)
            {
                for (int k = 0; k < basis.Dimension; k++)
                    product[k] += coefficients[i, j] * basis.Rows.Row(j)[k];
            }

            Near.Equal($"vector {i}", vectors.View.Row(i), product, 10 * relative * largest);
        }
    }
}
