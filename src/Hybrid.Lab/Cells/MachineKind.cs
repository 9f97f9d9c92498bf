using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Hybrid.Lab.Cells;

/// <summary>What of a machine a result may depend on: machines of one kind give the same bits.</summary>
public static class MachineKind
{
    /// <summary>This machine's kind, such as "X64, 512 bit": the instruction set and the widest vectors, which order sums.</summary>
    public static string Here { get; } = $"{RuntimeInformation.ProcessArchitecture}, {Bits} bit";

    private static int Bits =>
        Vector512.IsHardwareAccelerated ? 512 : Vector256.IsHardwareAccelerated ? 256 : Vector128.IsHardwareAccelerated ? 128 : 64;
}
