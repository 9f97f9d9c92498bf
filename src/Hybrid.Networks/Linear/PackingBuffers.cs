using System.Runtime.Intrinsics;

namespace Hybrid.Networks.Linear;

/// <summary>The memory in which one thread packs its share of a product: a block of A, one of B, and one edge tile of C.</summary>
/// <typeparam name="T">float or double.</typeparam>
public readonly unsafe struct PackingBuffers<T>
    where T : unmanaged
{
    /// <summary>Depth of a packed block; fixed, since it sets the order of summation.</summary>
    internal const int BlockDepth = 384;

    /// <summary>Rows of a full tile.</summary>
    internal const int TileRows = 8;

    private const int TileRegisters = 3;

    internal PackingBuffers(T* memory)
    {
        Left = memory;
        Right = Left + (long)BlockRows * BlockDepth;
        Tile = Right + (long)BlockColumns * BlockDepth;
    }

    /// <summary>Elements of the machine's widest register.</summary>
    internal static int Lanes => Vector512.IsHardwareAccelerated ? Vector512<T>.Count
        : Vector256.IsHardwareAccelerated ? Vector256<T>.Count : Vector128<T>.Count;

    /// <summary>Columns of a tile: three registers, two for what three do not divide.</summary>
    internal static int TileColumns => TileRegisters * Lanes;

    /// <summary>Rows of A packed at once: about 300 KB, to stay in the second-level cache.</summary>
    internal static int BlockRows => 768 / sizeof(T);

    /// <summary>Columns of B packed at once: about 2 MB, to stay in the third-level cache.</summary>
    internal static int BlockColumns => 6144 / sizeof(T) / TileColumns * TileColumns;

    /// <summary>Elements that one thread's buffers take.</summary>
    internal static long Length => (long)(BlockRows + BlockColumns) * BlockDepth + TileRows * TileColumns;

    internal T* Left { get; }

    internal T* Right { get; }

    internal T* Tile { get; }
}
