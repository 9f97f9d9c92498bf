using Hybrid.Networks.Random;
using Xunit;

namespace Hybrid.Networks.Tests.Random;

public sealed class UniformBitsTests
{
    private static readonly RandomKey Key = new(5, 6, 7, 8);

    [Fact]
    public void A_shorter_stream_is_the_head_of_a_longer_one()
    {
        ulong[] all = Words(Key, 1000);
        for (int length = 0; length < 40; length++)
            Assert.Equal(all[..length], Words(Key, length));
        Assert.Equal(1000, all.Distinct().Count());
    }

    // The stream's definition, one word at a time: a seed's networks and data are the same for ever.
    [Fact]
    public void Words_are_those_of_the_counters_that_a_key_has_for_uniform_bits()
    {
        ulong[] words = Words(Key, 100);
        for (uint i = 0; i < words.Length; i++)
        {
            uint counter = i / 8 * 4 + i % 4, half = i % 8 / 4;
            uint[] four = ScalarNormals.Philox(Key.Seed, counter, 1u << 30, (uint)Key.Sample, (uint)(Key.Layer << 7 | Key.Matrix));
            Assert.Equal(four[half] | (ulong)four[half + 2] << 32, words[i]);
        }
    }

    [Fact]
    public void Every_field_of_the_key_names_another_stream()
    {
        RandomKey[] keys = [Key, Key with { Seed = 9 }, Key with { Sample = -1 }, Key with { Layer = 9 }, Key with { Matrix = 9 }];
        Assert.Equal(keys.Length, keys.Select(key => Words(key, 1)[0]).Distinct().Count());
    }

    [Fact]
    public void Every_bit_is_set_half_of_the_time()
    {
        ulong[] words = Words(Key, 1 << 16);
        double error = Math.Sqrt(words.Length) / 2;
        for (int bit = 0; bit < 64; bit++)
            Assert.InRange(words.Count(word => (word >> bit & 1) == 1) - words.Length / 2, -4.5 * error, 4.5 * error);
    }

    // A normal number that came of a uniform word would be a function of it: its size of one half and its sign of the other. Every
    // half of 32 words against the size and the sign of every one of 32 normals, over 2000 keys: 4096 pairs whose correlation has a
    // standard error of 1/√2000, beyond 6 of which chance comes once in 10⁵ times.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Uniform_words_share_nothing_with_the_normals_of_their_key(bool doubles)
    {
        const int Keys = 2000, Count = 32;
        double[,] halves = new double[2 * Count, Keys], sizes = new double[2 * Count, Keys];
        float[] singles = new float[Count];
        double[] normals = new double[Count];
        for (int k = 0; k < Keys; k++)
        {
            RandomKey key = Key with { Sample = k };
            ulong[] words = Words(key, Count);
            if (doubles)
                Gaussian.Fill(normals, key, 0, 1);
            else
                Gaussian.Fill(singles, key, 0, 1);
            for (int i = 0; i < Count; i++)
            {
                double x = doubles ? normals[i] : singles[i];
                (halves[2 * i, k], halves[2 * i + 1, k]) = (Standard((uint)words[i]), Standard((uint)(words[i] >> 32)));
                // A normal's square has variance 2.
                (sizes[2 * i, k], sizes[2 * i + 1, k]) = ((x * x - 1) / Math.Sqrt(2), Math.Sign(x));
            }
        }

        for (int i = 0; i < 2 * Count; i++)
        {
            for (int j = 0; j < 2 * Count; j++)
            {
                double sum = 0;
                for (int k = 0; k < Keys; k++)
                    sum += halves[i, k] * sizes[j, k];
                Assert.InRange(sum / Math.Sqrt(Keys), -6, 6);
            }
        }

        // Uniform on [0, 1) with mean 0 and variance 1.
        static double Standard(uint half) => (half / 4294967296.0 - 0.5) * Math.Sqrt(12);
    }

    [Theory]
    [InlineData(0UL, 10L, 0L)]
    [InlineData(ulong.MaxValue, 10L, 9L)]
    [InlineData(1UL << 63, 7L, 3L)]
    [InlineData(ulong.MaxValue, long.MaxValue, long.MaxValue - 1)]
    public void A_word_becomes_an_integer_below_the_bound(ulong word, long bound, long value) =>
        Assert.Equal(value, UniformBits.Below(word, bound));

    [Fact]
    public void A_word_becomes_a_number_from_0_to_below_1()
    {
        Assert.Equal(0, UniformBits.ToUnit(0));
        Assert.Equal(0.5, UniformBits.ToUnit(1UL << 63));
        Assert.InRange(UniformBits.ToUnit(ulong.MaxValue), 1 - 1.2e-16, double.BitDecrement(1));
    }

    private static ulong[] Words(RandomKey key, int count)
    {
        ulong[] words = new ulong[count];
        UniformBits.Fill(words, key);
        return words;
    }
}
