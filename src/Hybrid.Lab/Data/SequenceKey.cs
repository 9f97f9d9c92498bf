using Hybrid.Networks.Random;

namespace Hybrid.Lab.Data;

/// <summary>Names the random numbers of one sequence: key of the generator from (seed, purpose, part, number).</summary>
internal static class SequenceKey
{
    /// <summary>Largest number of a sequence, 2⁵⁷ − 1: what the generator's key holds without hashing.</summary>
    public const long Largest = ((long)RandomKey.LargestLayer << 32) | uint.MaxValue;

    /// <summary>The key; different arguments give independent streams.</summary>
    public static RandomKey Of(ulong seed, Purpose purpose, Split split, long sequence)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sequence);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(sequence, Largest);
        return new(seed, (int)(uint)sequence, (int)(sequence >> 32), 3 * (int)purpose + (int)split);
    }

    /// <summary>What the numbers decide.</summary>
    internal enum Purpose
    {
        /// <summary>The law of a source, drawn once.</summary>
        Law,

        /// <summary>The tokens of a sequence, or where in a file it begins.</summary>
        Tokens,

        /// <summary>Which positions are hidden.</summary>
        Hidden,
    }
}
