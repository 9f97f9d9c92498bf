using Hybrid.Architectures;
using Hybrid.Import.Records;

namespace Hybrid.Lab.Checks;

/// <summary>
/// The second ensemble of an architecture, from which its finite-width term is estimated: a quarter of the width and four
/// times the networks. Width and MLP width change by the same factor; heads, tokens and everything else stay, so every
/// prediction stays too.
/// <para>
/// Why a quarter: extrapolating m + c/d from d and d/r multiplies the standard error at d by r/(r − 1), by 2 at a half
/// and by 4/3 at a quarter, before the second ensemble's own noise; a network at a quarter costs 1/16, so four times as
/// many cost a quarter more. The price is the O(1/d²) term, which <see cref="Comparisons.Extrapolation"/> estimates.
/// </para>
/// </summary>
/// <param name="Architecture">The architecture at the second width, a multiple of its heads.</param>
/// <param name="SampleFactor">Networks of the second ensemble for each network of the first.</param>
public sealed record SecondWidth(Architecture Architecture, int SampleFactor)
{
    /// <summary>
    /// A quarter of the width, or a half where a quarter holds fewer coordinates than tokens or than two a head, or
    /// double where a half does too.
    /// </summary>
    public static SecondWidth Of(Architecture architecture)
    {
        foreach (int divisor in (ReadOnlySpan<int>)[4, 2])
        {
            int heads = architecture.Heads;
            int width = architecture.Width / divisor / heads * heads;
            if (width >= architecture.Tokens && width >= 2 * heads)
                return new(ArchitectureWidth.At(architecture, width), divisor);
        }

        return new(ArchitectureWidth.At(architecture, 2 * architecture.Width), 1);
    }
}
