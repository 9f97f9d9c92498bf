using System.Numerics;
using Hybrid.Architectures;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Model;

namespace Hybrid.Networks.Blocks;

/// <summary>The rotary positions of a network's layers: one table of angles for each kind that there is.</summary>
internal sealed class RotaryPositions<T> : IDisposable
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly Positions positions;
    private readonly int tokens, headWidth;
    private readonly Positions.Rope[] kinds;
    private readonly NativeBuffer<T>[] tables;

    /// <summary>Fills the tables of a legal architecture.</summary>
    internal RotaryPositions(Architecture architecture, RotaryStretch? stretch = null)
    {
        (positions, tokens) = (architecture.Attention.Head.Positions, architecture.Tokens);
        headWidth = ArchitectureModule.HeadWidth(architecture);
        kinds = Kinds(architecture);
        tables = new NativeBuffer<T>[kinds.Length];
        for (int kind = 0; kind < kinds.Length; kind++)
        {
            int pairs = RotaryTurn<T>.Pairs(kinds[kind], headWidth);
            tables[kind] = new NativeBuffer<T>(2L * tokens * pairs, "angles of rotary positions");
            RotaryTurn<T>.Fill(kinds[kind], tables[kind].Matrix(0, 2 * tokens, pairs), stretch);
        }
    }

    /// <summary>Elements of all tables.</summary>
    internal static Int128 Length(Architecture architecture)
    {
        Int128 length = 0;
        foreach (Positions.Rope rope in Kinds(architecture))
            length += (Int128)2 * architecture.Tokens * RotaryTurn<T>.Pairs(rope, ArchitectureModule.HeadWidth(architecture));
        return length;
    }

    /// <summary>The turn of queries and keys in block <paramref name="layer"/>; null where positions are not rotary.</summary>
    internal RotaryTurn<T>? Turn(int layer)
    {
        if (positions.At(layer) is not Positions.Rope rope)
            return null;
        MatrixView<T> angles = tables[Array.IndexOf(kinds, rope)].Matrix(0, 2 * tokens, RotaryTurn<T>.Pairs(rope, headWidth));
        return new()
        {
            HeadWidth = headWidth,
            Cosines = angles.Slice(0, 0, tokens, angles.Columns),
            Sines = angles.Slice(tokens, 0, tokens, angles.Columns),
        };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (NativeBuffer<T> angles in tables)
            angles.Dispose();
    }

    private static Positions.Rope[] Kinds(Architecture architecture) =>
    [
        .. Enumerable.Range(1, architecture.Depth)
            .Select(layer => architecture.Attention.Head.Positions.At(layer)).OfType<Positions.Rope>().Distinct(),
    ];
}
