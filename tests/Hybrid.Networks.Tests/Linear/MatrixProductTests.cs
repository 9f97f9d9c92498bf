using System.Numerics;
using Hybrid.Networks.Linear;
using Xunit;

namespace Hybrid.Networks.Tests.Linear;

/// <summary>What a matrix product must do in either precision.</summary>
public abstract unsafe class MatrixProductTests<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private static readonly double Epsilon = typeof(T) == typeof(float) ? 6e-8 : 1.2e-16;

    public static TheoryData<int, int, int> Shapes => new()
    {
        { 1, 1, 1 }, { 39, 42, 17 }, { 8, 384, 48 }, { 9, 385, 49 }, { 3, 5, 97 }, { 200, 7, 1 }, { 1, 400, 300 },
        { 12, 800, 24 }, { 197, 391, 130 }, { 4, 0, 6 }, { 0, 3, 2 }, { 2, 3, 0 },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Every_variant_agrees_with_the_sum_of_products_in_double(int m, int k, int n)
    {
        using WorkerPool pool = new(2);
        using MatrixProduct<T> product = new(pool);
        for (int variant = 0; variant < 16; variant++)
        {
            (bool transposeLeft, bool transposeRight) = ((variant & 1) != 0, (variant & 2) != 0);
            (bool transposeResult, bool accumulate) = ((variant & 4) != 0, (variant & 8) != 0);
            using NativeBuffer<T> left = Noise(m * k, 1), right = Noise(k * n, 2), result = Noise(m * n, 3);
            MatrixView<T> a = transposeLeft ? left.Matrix(0, k, m).Transposed : left.Matrix(0, m, k);
            MatrixView<T> b = transposeRight ? right.Matrix(0, n, k).Transposed : right.Matrix(0, k, n);
            MatrixView<T> c = transposeResult ? result.Matrix(0, n, m).Transposed : result.Matrix(0, m, n);
            double[] expected = Reference(a, b, c, -0.75, accumulate, out double magnitude);

            product.Multiply(a, b, c, T.CreateChecked(-0.75), accumulate);

            // Each of the k + 2 roundings is at most half a unit in the last place of the sum of magnitudes.
            double tolerance = (k + 3) * Epsilon * magnitude;
            string name = $"[{m}, {k}]·[{k}, {n}] {transposeLeft} {transposeRight} {transposeResult} {accumulate}";
            Near.Equal(name, expected, Elements(c), tolerance);
        }
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(9, 385)]
    [InlineData(39, 42)]
    [InlineData(64, 1000)]
    [InlineData(197, 391)]
    [InlineData(430, 20)]
    [InlineData(5, 0)]
    [InlineData(0, 5)]
    public void A_Gram_product_has_the_bits_of_the_general_one(int m, int k)
    {
        foreach (int threads in new[] { 1, 2 })
        {
            using WorkerPool pool = new(threads);
            using MatrixProduct<T> product = new(pool);
            using NativeBuffer<T> rows = Noise(m * k, 1), general = Noise(m * m, 2), gram = Noise(m * m, 3);
            gram.Span(0, m * m).Fill(T.NaN);
            product.Multiply(rows.Matrix(0, m, k), rows.Matrix(0, m, k).Transposed, general.Matrix(0, m, m), T.CreateChecked(0.3));
            product.Gram(rows.Matrix(0, m, k), gram.Matrix(0, m, m), T.CreateChecked(0.3));
            Assert.Equal(Elements(general.Matrix(0, m, m)), Elements(gram.Matrix(0, m, m)));
        }
    }

    [Theory]
    [InlineData(64, 32, 64, 0)]
    [InlineData(32, 32, 64, 32)]
    [InlineData(37, 40, 200, 17)]
    [InlineData(430, 20, 430, 0)]
    [InlineData(300, 391, 350, 41)]
    [InlineData(5, 0, 5, 0)]
    public void Up_to_a_diagonal_a_product_has_the_bits_of_the_general_one(int m, int k, int n, int diagonal)
    {
        using WorkerPool pool = new(1);
        using MatrixProduct<T> product = new(pool);
        using NativeBuffer<T> left = Noise(m * k, 1), right = Noise(n * k, 2), general = Noise(m * n, 3), lower = Noise(m * n, 4);
        MatrixView<T> a = left.Matrix(0, m, k), b = right.Matrix(0, n, k).Transposed;
        lower.Span(0, m * n).Fill(T.NaN);
        product.Multiply(a, b, general.Matrix(0, m, n), T.CreateChecked(0.3));
        BlockedProduct.Lower(product.Buffers[0], a, b, lower.Matrix(0, m, n), T.CreateChecked(0.3), diagonal);

        // What lies a tile beyond the diagonal is not written.
        double[] expected = Elements(general.Matrix(0, m, n)), written = Elements(lower.Matrix(0, m, n));
        int beyond = diagonal + PackingBuffers<T>.TileRows + PackingBuffers<T>.TileColumns;
        for (int i = 0; i < written.Length; i++)
        {
            int shift = i % n - i / n;
            bool none = double.IsNaN(written[i]);
            Assert.True(shift <= diagonal ? !none : shift <= beyond || none || k == 0, $"({i / n}, {i % n})");
            Assert.True(none || written[i] == expected[i], $"({i / n}, {i % n}): {written[i]}, not {expected[i]}");
        }
    }

    [Fact]
    public void A_slice_is_written_and_its_surroundings_are_not()
    {
        using WorkerPool pool = new(2);
        using MatrixProduct<T> product = new(pool);
        using NativeBuffer<T> left = Noise(30 * 20, 1), right = Noise(20 * 60, 2), result = Noise(40 * 80, 3);
        MatrixView<T> whole = result.Matrix(0, 40, 80);
        MatrixView<T> slice = whole.Slice(5, 7, 30, 60);
        double[] expected = Elements(whole);
        double[] inner = Reference(left.Matrix(0, 30, 20), right.Matrix(0, 20, 60), slice, 1, false, out double magnitude);
        for (int i = 0; i < inner.Length; i++)
            expected[(5 + i / 60) * 80 + 7 + i % 60] = inner[i];

        product.Multiply(left.Matrix(0, 30, 20), right.Matrix(0, 20, 60), slice, T.One);

        Near.Equal("slice", expected, Elements(whole), 23 * Epsilon * magnitude);
    }

    // Nothing beyond the operands, which lie in larger matrices that hold no numbers, has a part in the result.
    [Theory]
    [InlineData(64, 64, 32)]
    [InlineData(37, 61, 49)]
    [InlineData(300, 40, 100)]
    [InlineData(12, 800, 24)]
    public void Triangles_and_bands_give_the_sums_of_their_products(int m, int k, int n)
    {
        using WorkerPool pool = new(1);
        using MatrixProduct<T> product = new(pool);
        for (int variant = 0; variant < 16; variant++)
        {
            (bool transposeLeft, bool transposeRight) = ((variant & 1) != 0, (variant & 2) != 0);
            (int before, int behind) = ((variant & 4) != 0 ? k / 4 : k, (variant & 8) != 0 ? k / 8 : k);
            using NativeBuffer<T> left = Surrounded(m, k, transposeLeft, 1, out MatrixView<T> a);
            using NativeBuffer<T> right = Surrounded(k, n, transposeRight, 2, out MatrixView<T> b);
            using NativeBuffer<T> result = Noise(m * n, 3);
            for (int i = 0; i < m; i++)
            {
                for (int j = 0; j < k; j++)
                {
                    if (i - j > before || j - i > behind)
                        a.Data[i * a.RowStride + j * a.ColumnStride] = T.Zero;
                }
            }

            MatrixView<T> c = result.Matrix(0, m, n);
            double[] expected = Reference(a, b, c, 1, false, out double magnitude);
            product.Multiply(a, b, c, T.One);
            Near.Equal($"{variant}", expected, Elements(c), (k + 3) * Epsilon * magnitude);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Columns_of_zeros_at_either_end_are_not_multiplied(bool transposed)
    {
        using WorkerPool pool = new(1);
        using MatrixProduct<T> product = new(pool);
        using NativeBuffer<T> left = Noise(19 * 70, 1), right = Noise(70 * 50, 2), result = Noise(19 * 50, 3);
        MatrixView<T> a = transposed ? left.Matrix(0, 70, 19).Transposed : left.Matrix(0, 19, 70);
        MatrixView<T> b = right.Matrix(0, 70, 50), c = result.Matrix(0, 19, 50);
        for (int k = 0; k < 70; k++)
        {
            if (k is >= 21 and < 48)
                continue;
            b.Row(k).Fill(T.NaN);
            for (int i = 0; i < 19; i++)
                a.Data[i * a.RowStride + k * a.ColumnStride] = T.Zero;
        }

        product.Multiply(a, b, c, T.One);
        double[] expected = Reference(a.Slice(0, 21, 19, 27), b.Slice(21, 0, 27, 50), c, 1, false, out double magnitude);
        Near.Equal("inner columns", expected, Elements(c), 30 * Epsilon * magnitude);

        left.Span(0, 19 * 70).Clear();
        right.Span(0, 70 * 50).Fill(T.NaN);
        product.Multiply(a, b, c, T.One);
        Assert.All(Elements(c), element => Assert.Equal(0, element));
    }

    [Fact]
    public void An_old_result_that_is_not_a_number_does_not_survive_an_overwrite()
    {
        using WorkerPool pool = new(1);
        using MatrixProduct<T> product = new(pool);
        using NativeBuffer<T> left = Noise(5 * 9, 1), right = Noise(9 * 50, 2), result = Noise(5 * 50, 3);
        result.Span(0, 250).Fill(T.NaN);
        product.Multiply(left.Matrix(0, 5, 9), right.Matrix(0, 9, 50), result.Matrix(0, 5, 50), T.One);
        Assert.DoesNotContain(Elements(result.Matrix(0, 5, 50)), double.IsNaN);
    }

    [Theory]
    [InlineData(64, 768, 500)]
    [InlineData(500, 64, 300)]
    [InlineData(213, 1000, 214)]
    public void Any_number_of_threads_gives_the_same_bits(int m, int k, int n)
    {
        using NativeBuffer<T> left = Noise(m * k, 1), right = Noise(k * n, 2), first = Noise(m * n, 3), other = Noise(m * n, 4);
        Multiply(1, first);
        foreach (int threads in new[] { 2, 3, 4, 6 })
        {
            Multiply(threads, other);
            Assert.True(first.Span(0, m * n).SequenceEqual(other.Span(0, m * n)), $"{threads} threads differ from one");
        }

        void Multiply(int threads, NativeBuffer<T> result)
        {
            using WorkerPool pool = new(threads);
            using MatrixProduct<T> product = new(pool);
            product.Multiply(left.Matrix(0, m, k), right.Matrix(0, k, n), result.Matrix(0, m, n), T.One);
        }
    }

    // All cuts have rectangles of one size: the one whose sides' sum, and with it the packing, is least.
    [Theory]
    [InlineData(640, 64, 4, 4)]
    [InlineData(640, 640, 4, 2)]
    [InlineData(64, 640, 4, 1)]
    public void A_result_is_cut_where_least_is_packed(int rows, int columns, int threads, int rowParts) =>
        Assert.Equal(rowParts, MatrixProduct<T>.RowParts(rows, columns, threads));

    [Fact]
    public void Shapes_that_do_not_fit_are_refused_and_named()
    {
        using WorkerPool pool = new(1);
        using MatrixProduct<T> product = new(pool);
        using NativeBuffer<T> memory = Noise(100, 1);
        ArgumentException thrown = Assert.Throws<ArgumentException>(() =>
            product.Multiply(memory.Matrix(0, 2, 3), memory.Matrix(10, 4, 5), memory.Matrix(50, 2, 5), T.One));
        Assert.Contains("got [2, 3] · [4, 5] = [2, 5]", thrown.Message);
    }

    [Fact]
    public void A_product_allocates_nothing()
    {
        using WorkerPool pool = new(2);
        using MatrixProduct<T> product = new(pool);
        using NativeBuffer<T> left = Noise(100 * 100, 1), right = Noise(100 * 100, 2), result = Noise(100 * 100, 3);
        Multiply();
        Assert.Equal(0, Allocations.Of(Multiply));

        void Multiply() =>
            product.Multiply(left.Matrix(0, 100, 100), right.Matrix(0, 100, 100), result.Matrix(0, 100, 100), T.One);
    }

    private static double[] Reference(
        MatrixView<T> a, MatrixView<T> b, MatrixView<T> c, double alpha, bool accumulate, out double magnitude)
    {
        double[] expected = Elements(c);
        magnitude = 1;
        for (int i = 0; i < a.Rows; i++)
        {
            for (int j = 0; j < b.Columns; j++)
            {
                double sum = 0, size = 0;
                for (int k = 0; k < a.Columns; k++)
                {
                    double term = At(a, i, k) * At(b, k, j);
                    sum += term;
                    size += Math.Abs(term);
                }

                ref double element = ref expected[i * b.Columns + j];
                element = alpha * sum + (accumulate ? element : 0);
                magnitude = Math.Max(magnitude, size + 1);
            }
        }

        return expected;
    }

    private static double[] Elements(MatrixView<T> matrix)
    {
        double[] elements = new double[matrix.Rows * matrix.Columns];
        for (int i = 0; i < elements.Length; i++)
            elements[i] = At(matrix, i / matrix.Columns, i % matrix.Columns);
        return elements;
    }

    private static double At(MatrixView<T> matrix, int row, int column) =>
        double.CreateChecked(matrix.Data[row * matrix.RowStride + column * matrix.ColumnStride]);

    // Noise in the midst of a matrix of NaN that is larger at all its sides.
    private static NativeBuffer<T> Surrounded(int rows, int columns, bool transposed, int seed, out MatrixView<T> view)
    {
        const int Margin = 5;
        (int height, int width) = transposed ? (columns, rows) : (rows, columns);
        NativeBuffer<T> buffer = Noise((height + 2 * Margin) * (width + 2 * Margin), seed);
        MatrixView<T> whole = buffer.Matrix(0, height + 2 * Margin, width + 2 * Margin);
        for (int row = 0; row < whole.Rows; row++)
        {
            bool inside = row >= Margin && row < Margin + height;
            whole.Row(row)[..(inside ? Margin : whole.Columns)].Fill(T.NaN);
            whole.Row(row)[(Margin + width)..].Fill(T.NaN);
        }

        view = whole.Slice(Margin, Margin, height, width);
        if (transposed)
            view = view.Transposed;
        return buffer;
    }

    private static NativeBuffer<T> Noise(int length, int seed)
    {
        System.Random random = new(seed);
        NativeBuffer<T> buffer = new(length, "test operand");
        for (int i = 0; i < length; i++)
            buffer.Pointer[i] = T.CreateChecked(random.NextDouble() - 0.5);
        return buffer;
    }
}

/// <summary>The product in single precision.</summary>
public sealed class SingleMatrixProductTests : MatrixProductTests<float>;

/// <summary>The product in double precision.</summary>
public sealed class DoubleMatrixProductTests : MatrixProductTests<double>;
