using System.Runtime.InteropServices;

namespace Hybrid.Networks.Linear;

/// <summary>
/// Memory in pages of 2 MiB where Linux gives them to who asks: products walk through matrices whose rows lie further apart than the
/// processor remembers small pages.
/// </summary>
internal static unsafe partial class HugePages
{
    private const nuint Page = 1 << 21;

    // MADV_HUGEPAGE of <sys/mman.h>.
    private const int Advice = 14;

    /// <summary>Takes memory that <see cref="NativeMemory.AlignedFree"/> gives back, in huge pages where it fills several.</summary>
    internal static void* Allocate(nuint bytes, nuint alignment)
    {
        if (!OperatingSystem.IsLinux() || bytes < 4 * Page)
            return NativeMemory.AlignedAlloc(bytes, alignment);
        void* memory = NativeMemory.AlignedAlloc(bytes, Page);

        // A wish: what the system answers changes nothing but speed.
        _ = Advise(memory, bytes, Advice);
        return memory;
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(void* address, nuint length, int advice);
}
