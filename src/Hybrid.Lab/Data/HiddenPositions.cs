using Hybrid.Networks.Random;

namespace Hybrid.Lab.Data;

/// <summary>Which positions of a sequence the masked task hides: a uniformly drawn set of a fixed size.</summary>
internal static class HiddenPositions
{
    /// <summary>The share of positions that are hidden, before rounding.</summary>
    public const double Share = 0.15;

    /// <summary>Hidden positions among <paramref name="tokens"/>: 15 %, rounded, at least one.</summary>
    public static int CountFor(int tokens) => Math.Max(1, (int)Math.Round(Share * tokens));

    /// <summary>The hidden positions of a sequence, in no order.</summary>
    public static int[] Of(ulong seed, Split split, long sequence, int tokens)
    {
        int count = CountFor(tokens);
        ulong[] words = new ulong[count];
        UniformBits.Fill(words, SequenceKey.Of(seed, SequenceKey.Purpose.Hidden, split, sequence));
        int[] positions = [.. Enumerable.Range(0, tokens)];
        // The first steps of a Fisher–Yates shuffle.
        for (int i = 0; i < count; i++)
        {
            int other = i + (int)UniformBits.Below(words[i], tokens - i);
            (positions[i], positions[other]) = (positions[other], positions[i]);
        }

        return positions[..count];
    }
}
