using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Hybrid.Networks.Linear;

/// <summary>
/// One cache line after another that a kernel asks for while it multiplies, because they are needed next: those of the next strip of
/// B, or of the next panel of A; runs of lines, a jump after each run. The processor does not guess lines that lie rows apart. A hint
/// only: it never faults and changes no result.
/// </summary>
internal unsafe struct Ahead<T>
    where T : unmanaged
{
    private const int LineBytes = 64;

    private readonly nint stride;
    private readonly nint jump;
    private readonly int run;
    private T* line;
    private int left;

    private Ahead(T* line, nint stride, int run, nint jump)
    {
        this.line = line;
        this.stride = stride;
        this.run = left = run;
        this.jump = jump;
    }

    /// <summary>Elements of a line.</summary>
    private static int Elements => LineBytes / sizeof(T);

    /// <summary>Of how many tiles each has a share of a strip so wide.</summary>
    internal static int Shares(int width) => (width + Elements - 1) / Elements;

    /// <summary>
    /// The share of tile number <paramref name="tile"/>, one line per step of the depth, of the strip [depth, width] that
    /// starts at <paramref name="next"/>. A strip has as many lines per step as its width fills.
    /// </summary>
    internal static Ahead<T> Share(T* next, nint across, nint along, int depth, int tile)
    {
        if (across == 1)
            return new(next + tile * Elements, along, int.MaxValue, 0);
        return along == 1 ? Rows(next + tile * Elements * across, across, depth) : new(next, 0, int.MaxValue, 0);
    }

    /// <summary>A panel of A whose first element is <paramref name="first"/>, along whichever of its sides is contiguous.</summary>
    internal static Ahead<T> Panel(T* first, nint across, nint along, int depth) =>
        across == 1 ? new(first, along, int.MaxValue, 0) : Rows(first, across, depth);

    /// <summary>Asks at once for the lines of a tile of C, which will be written when its depth has run.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Tile(T* first, nint rowStride, int rows, int columns)
    {
        if (!Sse.IsSupported)
            return;
        for (int row = 0; row < rows; row++, first += rowStride)
        {
            for (int column = 0; column < columns; column += Elements)
                Sse.Prefetch0(first + column);
        }
    }

    // Rows contiguous along the depth, one after another.
    private static Ahead<T> Rows(T* first, nint across, int depth)
    {
        int lines = (depth + Elements - 1) / Elements;
        return new(first, Elements, lines, across - (nint)lines * Elements);
    }

    /// <summary>Asks for the next line.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Step()
    {
        if (!Sse.IsSupported)
            return;
        Sse.Prefetch1(line);
        line += stride;
        if (--left != 0)
            return;
        left = run;
        line += jump;
    }
}
