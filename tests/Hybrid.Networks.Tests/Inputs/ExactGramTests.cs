using Hybrid.Networks.Inputs;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Random;
using Xunit;

namespace Hybrid.Networks.Tests.Inputs;

public sealed unsafe class ExactGramTests
{
    [Theory]
    [InlineData(1, 5, 2.5, 0.0)]
    [InlineData(8, 40, 1.0, 0.5)]
    [InlineData(8, 8, 3.0, 0.2)]
    [InlineData(32, 100, 1.0, -1.0 / 31)]
    [InlineData(6, 5, 2.0, -0.2)]
    [InlineData(20, 3, 0.5, 1.0)]
    [InlineData(20, 64, 1.0, 1 - 1e-9)]
    public void The_Gram_matrix_of_a_draw_is_the_target_singular_or_not(int tokens, int width, double norm, double correlation)
    {
        double[] target = new double[tokens * tokens];
        for (int i = 0; i < target.Length; i++)
            target[i] = i / tokens == i % tokens ? norm : norm * correlation;

        // Storage rounds each coordinate by half a unit: relative 2⁻²⁴ of norms for singles, 2⁻⁵³ for doubles, times a
        // small factor for the orthogonalisation's own sums.
        Near.Equal("double", target, Gram<double>(tokens, width, norm, correlation, 1), 64 * norm * Math.ScaleB(1, -53));
        Near.Equal("single", target, Gram<float>(tokens, width, norm, correlation, 1), 4 * norm * Math.ScaleB(1, -24));
    }

    [Fact]
    public void Equal_tokens_are_equal_bit_by_bit()
    {
        using NativeBuffer<float> draw = Draw<float>(5, 16, 1, 1, 3);
        for (int token = 1; token < 5; token++)
            Assert.True(draw.Span(token * 16, 16).SequenceEqual(draw.Span(0, 16)));
    }

    [Fact]
    public void A_rank_above_the_width_is_refused_with_both_numbers()
    {
        ArgumentException thrown = Assert.Throws<ArgumentException>(() => Gram<double>(9, 8, 1, 0.5, 1));
        Assert.Contains("rank 9 need width ≥ 9, got width 8", thrown.Message);
    }

    [Fact]
    public void Draws_depend_on_the_key_and_on_nothing_else()
    {
        using NativeBuffer<double> first = Draw<double>(7, 300, 1, 0.3, 1, threads: 1);
        using NativeBuffer<double> again = Draw<double>(7, 300, 1, 0.3, 1, threads: 3);
        using NativeBuffer<double> other = Draw<double>(7, 300, 1, 0.3, 2);
        Assert.True(first.Span(0, 2100).SequenceEqual(again.Span(0, 2100)));
        Assert.False(first.Span(0, 2100).SequenceEqual(other.Span(0, 2100)));
    }

    private static double[] Gram<T>(int tokens, int width, double norm, double correlation, int sample)
        where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>
    {
        using NativeBuffer<T> draw = Draw<T>(tokens, width, norm, correlation, sample);
        double[] gram = new double[tokens * tokens];
        for (int i = 0; i < gram.Length; i++)
        {
            for (int k = 0; k < width; k++)
            {
                T left = draw.Pointer[i / tokens * width + k], right = draw.Pointer[i % tokens * width + k];
                gram[i] += double.CreateChecked(left) * double.CreateChecked(right) / width;
            }
        }

        return gram;
    }

    private static NativeBuffer<T> Draw<T>(int tokens, int width, double norm, double correlation, int sample, int threads = 2)
        where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>
    {
        using WorkerPool pool = new(threads);
        using MatrixProduct<double> product = new(pool);
        using ExactGram gram = new(GramFactor.Equicorrelated(tokens, norm, correlation), width, pool, product, "test");
        NativeBuffer<T> draw = new(tokens * width, "test");
        gram.Fill(draw.Matrix(0, tokens, width), new RandomKey(11, sample, 0, 0));
        return draw;
    }
}
