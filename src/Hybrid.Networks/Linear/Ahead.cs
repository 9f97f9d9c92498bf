using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Hybrid.Networks.Linear;

/// <summary>
/// One cache line after another that a kernel asks for while it multiplies, because the next strip of B will be packed
/// from there. Rows of a wide matrix lie too far apart for the processor to guess the next one itself. A hint only: it
/// never faults and changes no result.
/// </summary>
internal unsafe struct Ahead<T>(T* line, nint stride)
    where T : unmanaged
{
    private T* line = line;

    /// <summary>Asks for the next line.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Step()
    {
        if (!Sse.IsSupported)
            return;
        Sse.Prefetch1(line);
        line += stride;
    }
}
