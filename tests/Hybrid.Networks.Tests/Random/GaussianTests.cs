using Hybrid.Networks.Random;
using Xunit;

namespace Hybrid.Networks.Tests.Random;

public sealed class GaussianTests
{
    private static readonly RandomKey Key = new(0x0123456789ABCDEF, 7, 3, 2);

    [Fact]
    public void Scalar_256_and_512_bits_give_the_same_singles_and_doubles()
    {
        // Blocks whose counter crosses 2³², so that the second counter word is exercised too.
        const ulong block = (1ul << 29) - 5;
        float[] wide = new float[32 * 64], narrow = new float[32 * 64];
        double[] wideDoubles = new double[16 * 64], narrowDoubles = new double[16 * 64];
        Normals512.Fill(wide, new(Key), block, 1);
        Normals256.Fill(narrow, new(Key), block, 1);
        Normals512.Fill(wideDoubles, new(Key), block, 1);
        Normals256.Fill(narrowDoubles, new(Key), block, 1);
        Assert.Equal(wide, narrow);
        Assert.Equal(wideDoubles, narrowDoubles);
        for (int i = 0; i < wide.Length; i++)
            Assert.Equal(ScalarNormals.Single(Key.Seed, Key.Sample, Key.Layer, Key.Matrix, (long)block * 32 + i).Value, wide[i]);
        for (int i = 0; i < wideDoubles.Length; i++)
            Assert.Equal(ScalarNormals.Double(Key.Seed, Key.Sample, Key.Layer, Key.Matrix, (long)block * 16 + i).Value, wideDoubles[i]);
    }

    // The polynomials against the mathematical library on the same uniforms. A single's u carries two roundings of
    // relative size 2⁻²⁴, which move r = √(−2 ln u), and the value with it, by the relative amount 2⁻²³/r²; the rest is a
    // dozen roundings. The angle's rounding shows at the cosine's zeros: π/2 2⁻²⁴ of r. A double's u and angle are
    // exact; the library's own cosine is good to 1e-16 of r at its zeros.
    [Fact]
    public void Values_are_the_exact_transform_to_the_rounding_of_their_format()
    {
        for (int i = 0; i < 200_000; i++)
        {
            (float single, double exactSingle, double radius) = ScalarNormals.Single(1, 2, 3, 4, i);
            (double value, double exact) = ScalarNormals.Double(1, 2, 3, 4, i);
            double relative = 12 * Math.ScaleB(1, -24) + Math.ScaleB(1, -23) / (radius * radius);
            Assert.True(
                Math.Abs(single - exactSingle) <= relative * Math.Abs(exactSingle) + Math.PI / 2 * Math.ScaleB(radius, -24),
                $"single {i}: {single} for {exactSingle}");
            Assert.True(Math.Abs(value - exact) <= 12 * Math.ScaleB(1, -53) * Math.Abs(exact) + 1e-15, $"double {i}: {value} for {exact}");
        }
    }

    [Theory]
    [InlineData(0, 1000)]
    [InlineData(5, 31)]
    [InlineData(31, 2)]
    [InlineData(1_000_003, 97)]
    [InlineData(17, 1)]
    public void Any_cut_of_a_stream_gives_the_same_elements(long offset, int length)
    {
        float[] whole = new float[length], pieces = new float[length];
        double[] wholeDoubles = new double[length], piecesDoubles = new double[length];
        Gaussian.Fill(whole, Key, offset, 0.5f);
        Gaussian.Fill(wholeDoubles, Key, offset, 0.5);
        for (int start = 0, piece = 1; start < length; start += piece, piece = piece * 3 % 41)
        {
            int taken = Math.Min(piece, length - start);
            Gaussian.Fill(pieces.AsSpan(start, taken), Key, offset + start, 0.5f);
            Gaussian.Fill(piecesDoubles.AsSpan(start, taken), Key, offset + start, 0.5);
        }

        Assert.Equal(whole, pieces);
        Assert.Equal(wholeDoubles, piecesDoubles);
    }

    // Var x = 1, Var x² = 2, Var x³ = 15, Var x⁴ = 96, Var x⁶ = 10170.
    [Fact]
    public void Moments_one_to_six_are_those_of_a_standard_normal()
    {
        foreach ((string name, double[] x) in new[] { ("single", Singles(Key, 1 << 22)), ("double", Doubles(Key, 1 << 22)) })
        {
            (double Power, double Expected, double Variance)[] moments = [(1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96), (6, 15, 10170)];
            foreach ((double power, double expected, double variance) in moments)
            {
                Statistics.Agrees(
                    $"{name} E x^{power}", expected, x.Average(value => Math.Pow(value, power)), Math.Sqrt(variance / x.Length));
            }
        }
    }

    // Counts beyond k σ are binomial; expected at 5 σ: 38 of 2²⁶.
    [Fact]
    public void Tails_have_the_normal_probability_on_both_sides()
    {
        const int chunk = 1 << 16, chunks = 1 << 10;
        double[] levels = [1, 2, 3, 4, 4.5, 5];
        long[] above = new long[levels.Length], below = new long[levels.Length];
        float[] x = new float[chunk];
        for (int i = 0; i < chunks; i++)
        {
            Gaussian.Fill(x, Key, (long)i * chunk, 1f);
            foreach (float value in x)
            {
                for (int level = 0; level < levels.Length && Math.Abs(value) > levels[level]; level++)
                    (value > 0 ? above : below)[level]++;
            }
        }

        for (int level = 0; level < levels.Length; level++)
        {
            double expected = Statistics.NormalCumulative(-levels[level]) * chunk * chunks;
            Statistics.Agrees($"above {levels[level]} σ", expected, above[level], Math.Sqrt(expected));
            Statistics.Agrees($"below −{levels[level]} σ", expected, below[level], Math.Sqrt(expected));
        }
    }

    // Beyond what counting can reach: the radius' law is P(r > R) = exp(−R²/2), so the extreme uniforms must map to
    // the extreme radii. Largest: k = 0; the tail is then cut at the stated 6.66 σ and 8.57 σ.
    [Fact]
    public void Box_Muller_at_the_smallest_uniform_reaches_the_stated_bound()
    {
        Assert.InRange(Math.Sqrt(-2 * Math.Log(0.5 / (1u << 31))), 6.66, 6.67);
        Assert.InRange(Math.Sqrt(-2 * Math.Log(0.5 / (1ul << 52))), 8.57, 8.58);
        Assert.True(Singles(Key, 1 << 22).Max(Math.Abs) < 6.67);
    }

    [Fact]
    public void Kolmogorov_Smirnov_accepts_the_normal_law()
    {
        foreach ((string name, double[] x) in new[] { ("single", Singles(Key, 1 << 20)), ("double", Doubles(Key, 1 << 20)) })
        {
            double tail = Statistics.KolmogorovTail(Statistics.Distance(x, Statistics.NormalCumulative), x.Length);
            Assert.True(tail > 1e-6, $"{name}: probability {tail} of such a distance by chance, false-positive rate 1e-6");
        }
    }

    // Products of independent standard normals have variance 1, of their centred squares 4. Lag 16 (8) pairs a cosine
    // with its own sine, which share a radius: the squares would show a dependence.
    [Fact]
    public void Elements_at_every_lag_to_64_are_independent()
    {
        foreach ((string name, double[] x) in new[] { ("single", Singles(Key, 1 << 18)), ("double", Doubles(Key, 1 << 18)) })
        {
            for (int lag = 1; lag <= 64; lag++)
                Uncorrelated($"{name}, lag {lag}", x.AsSpan(lag), x.AsSpan(0, x.Length - lag));
        }
    }

    [Fact]
    public void Streams_whose_keys_differ_in_one_field_are_independent()
    {
        const int length = 1 << 18;
        RandomKey[] others =
        [
            Key with { Seed = Key.Seed + 1 }, Key with { Seed = Key.Seed ^ 1ul << 63 }, Key with { Sample = Key.Sample + 1 },
            Key with { Sample = -1 }, Key with { Layer = Key.Layer + 1 }, Key with { Matrix = Key.Matrix + 1 },
            Key with { Layer = Key.Layer - 1, Matrix = 127 },
        ];
        double[] single = Singles(Key, length), pair = Doubles(Key, length);
        Uncorrelated("single against double", single, pair);
        foreach (RandomKey other in others)
        {
            Uncorrelated($"{other}, single", single, Singles(other, length));
            Uncorrelated($"{other}, double", pair, Doubles(other, length));
        }
    }

    [Fact]
    public void Illegal_keys_offsets_and_deviations_are_refused()
    {
        float[] x = new float[4];
        Assert.Throws<ArgumentOutOfRangeException>(() => Gaussian.Fill(x, Key with { Layer = -1 }, 0, 1f));
        Assert.Throws<ArgumentOutOfRangeException>(() => Gaussian.Fill(x, Key with { Layer = RandomKey.LargestLayer + 1 }, 0, 1f));
        Assert.Throws<ArgumentOutOfRangeException>(() => Gaussian.Fill(x, Key with { Matrix = 128 }, 0, 1f));
        Assert.Throws<ArgumentOutOfRangeException>(() => Gaussian.Fill(x, Key, -1, 1f));
        Assert.Throws<ArgumentOutOfRangeException>(() => Gaussian.Fill(x, Key, long.MaxValue, 1f));
        Assert.Throws<ArgumentOutOfRangeException>(() => Gaussian.Fill(x, Key, 0, float.NaN));
    }

    private static void Uncorrelated(string name, ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        double product = 0, squares = 0;
        for (int i = 0; i < x.Length; i++)
        {
            product += x[i] * y[i];
            squares += (x[i] * x[i] - 1) * (y[i] * y[i] - 1);
        }

        Statistics.Agrees($"{name}, E x y", 0, product / x.Length, 1 / Math.Sqrt(x.Length));
        Statistics.Agrees($"{name}, E (x² − 1)(y² − 1)", 0, squares / x.Length, 2 / Math.Sqrt(x.Length));
    }

    private static double[] Singles(in RandomKey key, int length)
    {
        float[] x = new float[length];
        Gaussian.Fill(x, key, 0, 1f);
        return Array.ConvertAll(x, value => (double)value);
    }

    private static double[] Doubles(in RandomKey key, int length)
    {
        double[] x = new double[length];
        Gaussian.Fill(x, key, 0, 1);
        return x;
    }
}
