using Hybrid.Architectures;
using Hybrid.Import.Records;

namespace Hybrid.Lab.Checks;

/// <summary>
/// The second ensemble of an architecture, from which its finite-width term is estimated: as many networks at a quarter of
/// the width. Width and MLP width change by the same factor; heads, tokens and everything else stay, so every prediction
/// stays too.
/// <para>
/// Why a quarter: extrapolating m + c/d from d and d/r multiplies the standard error at d by r/(r − 1), by 2 at a half
/// and by 4/3 at a quarter, before the second ensemble's own noise. The price is the O(1/d²) term, which
/// <see cref="Comparisons.Extrapolation"/> estimates.
/// </para>
/// <para>
/// Why as many: a network's variance falls as 1/d, so at a quarter the second mean's N′ networks add 4/9 V/N′ to the 16/9 V/N
/// of the first one's, and where a network costs in proportion to its width (engine conditioned), the least cost of a given
/// sum is at N′ = N. Where it costs in proportion to the weights, that is N′ = 2N, of which N is within 5 %.
/// </para>
/// </summary>
public static class SecondWidth
{
    // Of narrower networks: they tell what standard error the first ensemble should have, where that is of a few networks alone.
    private const int LeastNetworks = 32;

    /// <summary>
    /// A quarter of the width, or a half where a quarter holds fewer coordinates than tokens or than two a head, or
    /// double where a half does too; a multiple of the heads.
    /// </summary>
    public static Architecture Of(Architecture architecture)
    {
        foreach (int divisor in (ReadOnlySpan<int>)[4, 2])
        {
            int heads = architecture.Heads;
            int width = architecture.Width / divisor / heads * heads;
            if (width >= architecture.Tokens && width >= 2 * heads)
                return ArchitectureWidth.At(architecture, width);
        }

        return ArchitectureWidth.At(architecture, 2 * architecture.Width);
    }

    /// <summary>Networks of the second width beside <paramref name="samples"/> of <paramref name="architecture"/>'s own.</summary>
    public static int Networks(Architecture architecture, int samples) =>
        Of(architecture).Width < architecture.Width ? Math.Max(LeastNetworks, samples) : samples;
}
