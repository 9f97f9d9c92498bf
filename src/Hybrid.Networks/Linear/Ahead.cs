using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Hybrid.Networks.Linear;

/// <summary>
/// One cache line after another that a kernel asks for while it multiplies, because the next strip of B will be packed
/// from there: runs of lines, a jump after each run. The processor does not guess lines that lie rows apart. A hint only:
/// it never faults and changes no result.
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

    /// <summary>Nothing to fetch: the one line <paramref name="resident"/> again and again.</summary>
    internal static Ahead<T> Nothing(T* resident) => new(resident, 0, int.MaxValue, 0);

    /// <summary>
    /// The share of tile number <paramref name="tile"/>, one line per step of the depth, of the strip [depth, width] that
    /// starts at <paramref name="next"/>. A strip has as many lines per step as its width fills; later tiles have no share.
    /// </summary>
    internal static Ahead<T> Share(T* next, nint across, nint along, int width, int depth, int tile, T* resident)
    {
        int elements = LineBytes / sizeof(T);
        if (next == null || tile * elements >= width)
            return Nothing(resident);
        if (across == 1)
            return new Ahead<T>(next + tile * elements, along, int.MaxValue, 0);
        if (along != 1)
            return Nothing(resident);
        int lines = (depth + elements - 1) / elements;
        return new Ahead<T>(next + tile * elements * across, elements, lines, across - (nint)lines * elements);
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
