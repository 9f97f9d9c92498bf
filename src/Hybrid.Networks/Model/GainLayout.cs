using Hybrid.Architectures;
using Hybrid.Networks.Linear;

namespace Hybrid.Networks.Model;

/// <summary>The normalisations of one block that may carry a gain γ.</summary>
internal enum GainRole
{
    /// <summary>Before attention (pre, peri).</summary>
    AttentionInput,

    /// <summary>After attention: of the branch (peri, output) or of the sum (post).</summary>
    AttentionOutput,

    /// <summary>Before the MLP (pre, peri).</summary>
    MlpInput,

    /// <summary>After the MLP: of the branch (peri, output) or of the sum (post).</summary>
    MlpOutput,
}

/// <summary>Where the gains of all blocks lie in one buffer: those that the placement has, block after block, [d] each.</summary>
internal sealed class GainLayout
{
    private readonly long[] offsets = new long[Enum.GetValues<GainRole>().Length];
    private readonly int depth;

    private GainLayout(int width, int depth)
    {
        Width = width;
        this.depth = depth;
        Array.Fill(offsets, -1);
    }

    /// <summary>d.</summary>
    internal int Width { get; }

    /// <summary>Elements from one block's gains to the next block's.</summary>
    internal long BlockLength { get; private set; }

    /// <summary>Elements of all gains.</summary>
    internal Int128 Length => (Int128)BlockLength * depth;

    /// <summary>No gain anywhere: the network at initialisation, where γ = 1.</summary>
    internal static GainLayout None(Architecture architecture) => new(architecture.Width, architecture.Depth);

    /// <summary>A gain at every normalisation.</summary>
    internal static GainLayout Of(Architecture architecture)
    {
        GainLayout layout = None(architecture);
        Placement norm = architecture.Norm;
        bool input = norm.Before, output = norm.OnBranch || norm.OnSum;
        layout.Place(GainRole.AttentionInput, input);
        layout.Place(GainRole.AttentionOutput, output);
        layout.Place(GainRole.MlpInput, input);
        layout.Place(GainRole.MlpOutput, output);
        return layout;
    }

    /// <summary>Whether blocks have that gain.</summary>
    internal bool Has(GainRole role) => offsets[(int)role] >= 0;

    /// <summary>First element of a gain that exists, of block 1..depth.</summary>
    internal long Offset(int layer, GainRole role) => (layer - 1) * BlockLength + offsets[(int)role];

    private void Place(GainRole role, bool exists)
    {
        if (!exists)
            return;
        offsets[(int)role] = BlockLength;
        BlockLength += (long)Slot.Padded(Width);
    }
}
