using Hybrid.Architectures;
using Hybrid.Networks.Linear;

namespace Hybrid.Networks.Model;

/// <summary>The normalisations around a module that may carry a gain γ.</summary>
internal enum GainPlace
{
    /// <summary>Of the stream before the module.</summary>
    Input,

    /// <summary>Of what the module makes of it.</summary>
    Branch,

    /// <summary>Of the sum that the module completes.</summary>
    Sum,
}

/// <summary>One gain of a block.</summary>
/// <param name="Module">The module that its normalisation surrounds; of a sum, the last that is added.</param>
/// <param name="Place">Where around it.</param>
internal readonly record struct GainRole(ModuleKind Module, GainPlace Place)
{
    private const int Places = (int)GainPlace.Sum + 1;

    /// <summary>Number of gains that a block could have.</summary>
    internal const int Count = ((int)ModuleKind.Mlp + 1) * Places;

    /// <summary>From 0 to <see cref="Count"/> − 1.</summary>
    internal int Index => (int)Module * Places + (int)Place;
}

/// <summary>Where the gains of all blocks lie in one buffer: those that the placement has, block after block, [d] each.</summary>
internal sealed class GainLayout
{
    private readonly long[] offsets = new long[GainRole.Count];
    private readonly List<GainRole> roles = [];
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

    /// <summary>The gains that blocks have, in the order in which they lie in memory.</summary>
    internal IReadOnlyList<GainRole> Roles => roles;

    /// <summary>No gain anywhere: the network at initialisation, where γ = 1.</summary>
    internal static GainLayout None(Architecture architecture) => new(architecture.Width, architecture.Depth);

    /// <summary>A gain at every normalisation: one before each module, one on each branch, one on each step's sum.</summary>
    internal static GainLayout Of(Architecture architecture)
    {
        GainLayout layout = None(architecture);
        foreach (BlockSublayer sublayer in BlockSublayer.Of(architecture, layer: 1))
        {
            layout.Place(new(sublayer.Module, GainPlace.Input), sublayer.Placement.Before);
            layout.Place(new(sublayer.Module, GainPlace.Branch), sublayer.Placement.OnBranch);
            layout.Place(new(sublayer.Module, GainPlace.Sum), sublayer.NormalisesSum);
        }

        return layout;
    }

    /// <summary>Whether blocks have that gain.</summary>
    internal bool Has(GainRole role) => offsets[role.Index] >= 0;

    /// <summary>First element of a gain that exists, of block 1..depth.</summary>
    internal long Offset(int layer, GainRole role) => (layer - 1) * BlockLength + offsets[role.Index];

    private void Place(GainRole role, bool exists)
    {
        if (!exists)
            return;
        roles.Add(role);
        offsets[role.Index] = BlockLength;
        BlockLength += (long)Slot.Padded(Width);
    }
}
