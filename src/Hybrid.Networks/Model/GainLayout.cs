using Hybrid.Architectures;
using Hybrid.Networks.Linear;

namespace Hybrid.Networks.Model;

/// <summary>The normalisations around a module, and within attention, that may carry a gain γ.</summary>
internal enum GainPlace
{
    /// <summary>Of the stream before the module.</summary>
    Input,

    /// <summary>Of what the module makes of it.</summary>
    Branch,

    /// <summary>Of the sum that the module completes.</summary>
    Sum,

    /// <summary>Of attention's queries.</summary>
    Query,

    /// <summary>Of attention's keys.</summary>
    Key,
}

/// <summary>One gain of a block.</summary>
/// <param name="Module">The module that its normalisation surrounds; of a sum, the last that is added.</param>
/// <param name="Place">Where around it.</param>
internal readonly record struct GainRole(ModuleKind Module, GainPlace Place)
{
    private const int Places = (int)GainPlace.Key + 1;

    /// <summary>Number of gains that a block could have.</summary>
    internal const int Count = ((int)ModuleKind.Mlp + 1) * Places;

    /// <summary>From 0 to <see cref="Count"/> − 1.</summary>
    internal int Index => (int)Module * Places + (int)Place;
}

/// <summary>Where the gains of all blocks lie in one buffer: those that its normalisations have, block after block.</summary>
internal sealed class GainLayout
{
    private readonly long[] offsets = new long[GainRole.Count];
    private readonly int[] lengths = new int[GainRole.Count];
    private readonly List<GainRole> roles = [];
    private readonly int depth;

    private GainLayout(int depth)
    {
        this.depth = depth;
        Array.Fill(offsets, -1);
    }

    /// <summary>Elements from one block's gains to the next block's.</summary>
    internal long BlockLength { get; private set; }

    /// <summary>Elements of all gains.</summary>
    internal Int128 Length => (Int128)BlockLength * depth;

    /// <summary>The gains that blocks have, in the order in which they lie in memory.</summary>
    internal IReadOnlyList<GainRole> Roles => roles;

    /// <summary>No gain anywhere: the network at initialisation, where γ = 1.</summary>
    internal static GainLayout None(Architecture architecture) => new(architecture.Depth);

    /// <summary>
    /// A gain at every normalisation: one before each module, one on each branch, one on each step's sum, [d] each; of queries and
    /// keys where attention normalises them, [d_k] where each head's are and of all their coordinates otherwise.
    /// </summary>
    internal static GainLayout Of(Architecture architecture)
    {
        GainLayout layout = None(architecture);
        foreach (BlockSublayer sublayer in BlockSublayer.Of(architecture, layer: 1))
        {
            layout.Place(new(sublayer.Module, GainPlace.Input), sublayer.Placement.Before ? architecture.Width : 0);
            layout.Place(new(sublayer.Module, GainPlace.Branch), sublayer.Placement.OnBranch ? architecture.Width : 0);
            layout.Place(new(sublayer.Module, GainPlace.Sum), sublayer.NormalisesSum ? architecture.Width : 0);
            if (sublayer.Module != ModuleKind.Attention || architecture.Attention.Head.QueryKeyNorm.IsNone)
                continue;
            bool each = architecture.Attention.Head.QueryKeyNorm.IsHead;
            int headWidth = ArchitectureModule.HeadWidth(architecture);
            layout.Place(new(sublayer.Module, GainPlace.Query), headWidth * (each ? 1 : architecture.Heads));
            layout.Place(new(sublayer.Module, GainPlace.Key), headWidth * (each ? 1 : ArchitectureModule.KeyValueHeads(architecture)));
        }

        return layout;
    }

    /// <summary>Whether blocks have that gain.</summary>
    internal bool Has(GainRole role) => offsets[role.Index] >= 0;

    /// <summary>Its coordinates; 0 where blocks do not have it.</summary>
    internal int LengthOf(GainRole role) => lengths[role.Index];

    /// <summary>First element of a gain that exists, of block 1..depth.</summary>
    internal long Offset(int layer, GainRole role) => (layer - 1) * BlockLength + offsets[role.Index];

    private void Place(GainRole role, int length)
    {
        if (length == 0)
            return;
        roles.Add(role);
        offsets[role.Index] = BlockLength;
        lengths[role.Index] = length;
        BlockLength += (long)Slot.Padded(length);
    }
}
