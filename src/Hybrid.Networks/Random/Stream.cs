namespace Hybrid.Networks.Random;

/// <summary>
/// One key as generator input: Philox key = seed; counter words = (number of the counter: 61 bits; top two bits: normal
/// singles, normal doubles or uniform bits; sample; layer and matrix), a one-to-one packing.
/// </summary>
internal readonly struct Stream(in RandomKey key)
{
    public const int CountersPerBlock = 8;
    public const int SinglesPerBlock = 4 * CountersPerBlock;
    public const int DoublesPerBlock = 2 * CountersPerBlock;

    /// <summary>Set in counter word 1 for doubles, so that the single and the double stream of a key share nothing.</summary>
    public const ulong DoubleDomain = 1u << 31;

    /// <summary>Set in counter word 1 for uniform bits, for the same reason.</summary>
    public const ulong UniformDomain = 1u << 30;

    public readonly ulong Seed = key.Seed;
    public readonly ulong Sample = (uint)key.Sample;
    public readonly ulong Place = key.Place;
}
