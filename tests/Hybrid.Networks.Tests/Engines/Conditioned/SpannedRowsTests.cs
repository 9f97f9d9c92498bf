using Hybrid.Architectures;
using Hybrid.Networks.Engines.Conditioned;
using Hybrid.Networks.Linear;
using Hybrid.Theory;
using Xunit;

namespace Hybrid.Networks.Tests.Engines.Conditioned;

public sealed unsafe class SpannedRowsTests
{
    private const int N = 12, Columns = 700;

    // B = common + √u · different rows. L must give every squared distance |b_i − b_j|² = Σ (L_ik − L_jk)², in singles to
    // the rounding of a coordinate, ε |b|, against the difference √u |b| (two roundings, twice for the square).
    [Theory]
    [InlineData(1)]
    [InlineData(1e-3)]
    [InlineData(1e-6)]
    public void Distances_of_rows_keep_their_relative_precision_in_singles(double u)
    {
        using Rows rows = Around(u);
        using Setting<float> setting = new(rows);
        Assert.True(setting.Take());
        Check(rows, setting.At, 4 * Math.ScaleB(1, -24) / Math.Sqrt(u) + 64 * Math.ScaleB(1, -24));
    }

    // A level of the basis reaches down to 1e-6 of its largest square, where n roundings of the Gram matrix are n ε/1e-6.
    [Theory]
    [InlineData(1)]
    [InlineData(1e-6)]
    [InlineData(1e-12)]
    [InlineData(1e-18)]
    public void And_in_doubles_further_down(double u)
    {
        using Rows rows = Around(u);
        using Setting<double> setting = new(rows);
        Assert.True(setting.Take());
        Check(rows, setting.At, 4e-14 / Math.Sqrt(u) + N * Math.ScaleB(1, -53) / 1e-6);
    }

    // What attention without logits makes of independent values under a causal mask: the last average differs from the one before
    // by 1/n. Rounding is that of a sum of differences along rows at half of each other's place: ε of a row each, twice for the
    // square, and that of their Gram matrix in all of them.
    [Fact]
    public void Averages_over_the_past_keep_their_distances_in_singles()
    {
        const int Tokens = 128;
        double rounding = Math.ScaleB(1, -24);
        using Rows rows = Rows.Normal(Tokens, Columns, 1);
        for (int i = 1; i < Tokens; i++)
        {
            for (int k = 0; k < Columns; k++)
                rows[i, k] = rows[i - 1, k] + (rows[i, k] - rows[i - 1, k]) / (i + 1);
        }

        using Setting<float> setting = new(rows);
        Assert.True(setting.Take());
        Check(rows, setting.At, (i, j) =>
        {
            double path = 0, edges = 0, distance = Distance(rows, i, j);
            for (int low = j, high = i; low != high;)
            {
                (int from, int other) = low > high ? (low, high) : (high, low);
                path += Distance(rows, from, from / 2);
                edges++;
                (low, high) = (from / 2, other);
            }

            return 4 * rounding * edges * Math.Sqrt(Rows.Dot(rows.View, 0, rows.View, 0)) / distance
                + 64 * rounding * Math.Pow(path / distance, 2);
        });
    }

    [Fact]
    public void Singles_refuse_what_they_do_not_resolve()
    {
        using Rows collapsed = Around(1e-10), dependent = Around(1), repeated = Around(1);
        for (int k = 0; k < Columns; k++)
        {
            dependent[5, k] = dependent[2, k] + dependent[3, k] - dependent[1, k];
            repeated[5, k] = repeated[3, k];
        }

        foreach (Rows rows in new[] { collapsed, dependent, repeated })
        {
            using Setting<float> setting = new(rows);
            Assert.False(setting.Take());
        }
    }

    // D = F Φ″ + (K − F Φ″ Uᵀ) U has D Uᵀ = K exactly, whatever the noise; U Bᵀ = Lᵀ. In the scale of |D| |b| the rounding is
    // that of sums of 700 products, twice.
    [Theory]
    [InlineData(1.0)]
    [InlineData(1e-5)]
    [Trait("guards", "(12.5) by property")]
    public void What_is_known_along_the_rows_is_kept(double u)
    {
        using Rows rows = Around(u);
        using Setting<float> single = new(rows);
        using Setting<double> wide = new(rows);
        Assert.True(single.Take() && wide.Take());
        Near.Equal("single", 0, single.Mismatch(rows), 64 * Math.ScaleB(1, -24));
        Near.Equal("double", 0, wide.Mismatch(rows), 64 * Math.ScaleB(1, -53) / Math.Sqrt(u));
    }

    private static Rows Around(double u)
    {
        Rows rows = Rows.Normal(N, Columns, 1);
        using Rows common = Rows.Normal(1, Columns, 2);
        for (int i = 0; i < N; i++)
        {
            for (int k = 0; k < Columns; k++)
                rows[i, k] = Math.Sqrt(1 - u) * common[0, k] + Math.Sqrt(u) * rows[i, k];
        }

        return rows;
    }

    private static double Distance(Rows rows, int i, int j)
    {
        double square = 0;
        for (int k = 0; k < Columns; k++)
            square += Math.Pow(rows[i, k] - rows[j, k], 2);
        return Math.Sqrt(square);
    }

    private static void Check(Rows rows, SublayerState at, double relative) => Check(rows, at, (_, _) => relative);

    private static void Check(Rows rows, SublayerState at, Func<int, int, double> relative)
    {
        for (int i = 1; i < rows.View.Rows; i++)
        {
            for (int j = 0; j < i; j++)
            {
                double actual = 0;
                for (int k = 0; k < at.OutputRank; k++)
                    actual += Math.Pow(at.OutputFactor.Row(i)[k] - at.OutputFactor.Row(j)[k], 2);
                Near.Equal($"|b_{i} − b_{j}|²", Math.Pow(Distance(rows, i, j), 2), actual, 0, relative(i, j));
            }
        }
    }

    private sealed class Setting<T> : IDisposable
        where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>
    {
        private readonly WorkerPool pool = new(1);
        private readonly MatrixProduct<double> product;
        private readonly NativeBuffer<double> memory;
        private readonly ConditioningWorkspace workspace;
        private readonly ModuleScratch<T> scratch;
        private readonly SpannedRows<T> spanned;
        private readonly MatrixView<T> rows;

        public Setting(Rows source)
        {
            int n = source.View.Rows;
            Architecture architecture = Networks.Of(Placement.Pre, Activation.Tanh, n, 1, 2 * n, 4, Columns);
            CoordinatePlan plan = new(architecture);
            product = new MatrixProduct<double>(pool);
            memory = new NativeBuffer<double>(plan.Length, "test");
            workspace = new ConditioningWorkspace(pool, product, n, Columns);
            scratch = new ModuleScratch<T>(plan, memory, pool, product, workspace);
            spanned = new SpannedRows<T>(scratch);
            At = new SublayerState(plan.Steps[^1].Sublayers[^1], memory, 1, 0);
            rows = SpannedRows<T>.Destination(At.OutputSpan<T>(), plan.Hidden.As<T>(memory));
            Precision.Narrow(source.View, rows);
        }

        public SublayerState At { get; }

        public bool Take()
        {
            bool resolved = spanned.Take(At.OutputSpan<T>(), rows, out int rank);
            At.OutputRank = rank;
            return resolved;
        }

        // Largest |D Bᵀ − K Lᵀ| over the largest |D_i| |b_j|, for random F, K and noise.
        public double Mismatch(Rows source)
        {
            using Rows factor = Rows.Normal(N, N, 5), known = Rows.Normal(N, At.OutputRank, 6), kept = Rows.Normal(N, At.OutputRank, 6);
            using Rows noise = Rows.Normal(N, Columns, 7), result = new(N, Columns);
            using NativeBuffer<T> storage = new(2L * N * Columns, "test");
            MatrixView<T> drawn = storage.Matrix(0, N, Columns), made = storage.Matrix((long)N * Columns, N, Columns);
            Precision.Narrow(noise.View, drawn);
            spanned.Recover(At.OutputSpan<T>(), At.OutputRank, factor.View, known.View, drawn, made);
            Precision.Widen(made, result.View);
            double worst = 0, scale = 0;
            for (int i = 0; i < N; i++)
            {
                for (int j = 0; j < N; j++)
                {
                    double expected = 0;
                    for (int k = 0; k < At.OutputRank; k++)
                        expected += kept[i, k] * At.OutputFactor.Row(j)[k];
                    worst = Math.Max(worst, Math.Abs(Rows.Dot(result.View, i, source.View, j) - expected));
                    scale = Math.Max(scale, Math.Sqrt(Rows.Dot(result.View, i, result.View, i) * Rows.Dot(source.View, j, source.View, j)));
                }
            }

            return worst / scale;
        }

        public void Dispose()
        {
            scratch.Dispose();
            workspace.Dispose();
            memory.Dispose();
            product.Dispose();
            pool.Dispose();
        }
    }
}
