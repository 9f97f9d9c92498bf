using System.Runtime.Intrinsics;
using Hybrid.Networks.Random;
using Xunit;

namespace Hybrid.Networks.Tests.Random;

public sealed class PhiloxTests
{
    // The known-answer vectors that the generator's authors publish with their library for philox4x32, 10 rounds.
    [Theory]
    [InlineData(0x0u, 0x0u, 0x0u, 0x0u, 0x0u, 0x0u, 0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u)]
    [InlineData(0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu, 0x408f276du, 0x41c83b0eu, 0xa20bc7c6u,
        0x6d5451fdu)]
    [InlineData(0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u, 0xa4093822u, 0x299f31d0u, 0xd16cfe09u, 0x94fdccebu, 0x5001e420u,
        0x24126ea1u)]
    public void Reproduces_the_published_answers_in_every_lane_at_both_widths(
        uint c0, uint c1, uint c2, uint c3, uint k0, uint k1, uint r0, uint r1, uint r2, uint r3)
    {
        ulong seed = (ulong)k1 << 32 | k0;
        Vector512<ulong>[] wide = new Vector512<ulong>[2 * Philox.Rounds];
        Vector256<ulong>[] narrow = new Vector256<ulong>[2 * Philox.Rounds];
        Philox.Schedule(seed, wide);
        Philox.Schedule(seed, narrow);
        // Rubbish in the high halves must not matter.
        const ulong rubbish = 0xDEADBEEF00000000;
        Vector512<ulong> w0 = Vector512.Create(c0 | rubbish), w1 = Vector512.Create(c1 | rubbish), w2 = Vector512.Create(c2 | rubbish),
            w3 = Vector512.Create(c3 | rubbish);
        Vector256<ulong> n0 = w0.GetLower(), n1 = w1.GetLower(), n2 = w2.GetLower(), n3 = w3.GetLower();
        Philox.Encrypt(ref wide[0], ref w0, ref w1, ref w2, ref w3);
        Philox.Encrypt(ref narrow[0], ref n0, ref n1, ref n2, ref n3);
        for (int lane = 0; lane < 8; lane++)
            Assert.Equal((r0, r1, r2, r3), ((uint)w0[lane], (uint)w1[lane], (uint)w2[lane], (uint)w3[lane]));
        for (int lane = 0; lane < 4; lane++)
            Assert.Equal((r0, r1, r2, r3), ((uint)n0[lane], (uint)n1[lane], (uint)n2[lane], (uint)n3[lane]));
    }
}
