namespace Hybrid.Torch;

/// <summary>A device's name and memory.</summary>
/// <param name="Device">Which.</param>
/// <param name="Name">The GPU's model; empty for the processor.</param>
/// <param name="Free">Bytes that can be taken.</param>
/// <param name="Total">Bytes that there are.</param>
public sealed record DeviceMemory(TorchDevice Device, string Name, long Free, long Total)
{
    // What a batch may plan with where the driver does not tell: small enough for any GPU that libtorch still knows.
    private const long Untold = 2L << 30;

    /// <summary>Asks a device that is available.</summary>
    public static DeviceMemory Of(TorchDevice device)
    {
        if (!device.IsCuda)
        {
            // The runtime knows the load of the machine from its last collection.
            GC.Collect(0);
            GCMemoryInfo memory = GC.GetGCMemoryInfo();
            long total = memory.TotalAvailableMemoryBytes;
            return new(device, "", Math.Max(0, total - memory.MemoryLoadBytes), total);
        }

        return CudaDriver.TryRead(device.Index, out string name, out long free, out long bytes)
            ? new(device, name, free, bytes)
            : new(device, "", Untold, Untold);
    }

    /// <summary>
    /// Bytes that a batch may take: 4/5 of a GPU's free memory, since libtorch's allocator rounds up; of the processor's, half
    /// of what there is.
    /// </summary>
    public long Budget => Device.IsCuda ? Free / 5 * 4 : Total / 2;
}
