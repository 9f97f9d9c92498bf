using Hybrid.Architectures;
using Hybrid.Networks.Blocks;
using Hybrid.Networks.Linear;

namespace Hybrid.Networks.Engines.Conditioned;

/// <summary>
/// Normal numbers for the coordinates of attention heads, at most 2n of a head's d_k. A head's coordinates enter by inner
/// products only: of queries with keys, of values with the gradients at contexts, and with a norm of queries and keys of each
/// with itself. So each pair may be turned at will within its head, until keys (values) lie in the first n coordinates and
/// queries (gradients) in n more: of wide heads those beyond are Bartlett's triangles. All their coordinates keep heads with
/// d_k ≤ 2n, those whose rotary positions tell coordinates apart, and those that share keys with others, whose queries meet
/// theirs in the keys' gradient.
/// </summary>
internal static unsafe class HeadNormals
{
    /// <summary>e = min(d_k, 2n), or d_k where heads must not be turned.</summary>
    internal static int Kept(Architecture architecture)
    {
        int headWidth = ArchitectureModule.HeadWidth(architecture);
        bool turnable = ArchitectureModule.KeyValueHeads(architecture) == architecture.Heads
            && RotaryPositions<double>.Length(architecture) == 0;
        return turnable ? Math.Min(headWidth, (int)Math.Min(2L * architecture.Tokens, int.MaxValue)) : headWidth;
    }

    /// <summary>Draws [rows, H e] for heads of width <paramref name="headWidth"/> > e; rows ≤ e/2.</summary>
    /// <param name="result">Queries' or keys' images or noise.</param>
    /// <param name="heads">H.</param>
    /// <param name="headWidth">d_k.</param>
    /// <param name="first">Whether this is the side that lies in the first coordinates alone (keys, values).</param>
    /// <param name="scratch">[rows, e] doubles.</param>
    /// <param name="normals">The stream, begun.</param>
    internal static void Fill<T>(
        MatrixView<T> result, int heads, int headWidth, bool first, MatrixView<double> scratch, NormalSequence normals)
        where T : unmanaged, System.Numerics.IFloatingPointIeee754<T>
    {
        int rows = result.Rows, kept = result.Columns / heads, half = kept / 2;
        for (int head = 0; head < heads; head++)
        {
            for (int i = 0; i < rows; i++)
                scratch.Row(i).Clear();
            for (int i = 0; i < rows && !first; i++)
                normals.Fill(scratch.Row(i)[..half]);
            Bartlett.Fill(scratch.Slice(0, first ? 0 : half, rows, rows), first ? headWidth : headWidth - half, normals);
            Precision.Narrow(scratch, result.Slice(0, head * kept, rows, kept));
        }
    }
}
