using System.Runtime.InteropServices;

namespace Hybrid.Torch;

/// <summary>
/// What the driver of NVIDIA GPUs tells and TorchSharp does not: a GPU's name and its memory. Asked through the device's
/// primary context, the one that libtorch uses.
/// </summary>
internal static unsafe partial class CudaDriver
{
    private const string Library = "cuda";
    private const int NameLength = 256;

    static CudaDriver() => NativeLibrary.SetDllImportResolver(typeof(CudaDriver).Assembly, (name, assembly, path) =>
        name == Library
            ? NativeLibrary.Load(OperatingSystem.IsWindows() ? "nvcuda.dll" : "libcuda.so.1", assembly, path)
            : 0);

    /// <summary>Name, free and total bytes of GPU <paramref name="index"/>; false where the driver does not tell.</summary>
    internal static bool TryRead(int index, out string name, out long free, out long total)
    {
        (name, free, total) = ("", 0, 0);
        try
        {
            if (cuInit(0) != 0 || cuDeviceGet(out int device, index) != 0 || cuDevicePrimaryCtxRetain(out nint context, device) != 0)
                return false;
            try
            {
                if (cuCtxPushCurrent_v2(context) != 0)
                    return false;
                bool told = cuMemGetInfo_v2(out nuint freeBytes, out nuint totalBytes) == 0;
                cuCtxPopCurrent_v2(out _);
                byte* text = stackalloc byte[NameLength];
                if (cuDeviceGetName(text, NameLength, device) == 0)
                    name = Marshal.PtrToStringUTF8((nint)text) ?? "";
                (free, total) = ((long)freeBytes, (long)totalBytes);
                return told;
            }
            finally
            {
                _ = cuDevicePrimaryCtxRelease_v2(device);
            }
        }
        catch (Exception error) when (error is DllNotFoundException or EntryPointNotFoundException)
        {
            return false;
        }
    }

    [LibraryImport(Library)]
    private static partial int cuInit(uint flags);

    [LibraryImport(Library)]
    private static partial int cuDeviceGet(out int device, int ordinal);

    [LibraryImport(Library)]
    private static partial int cuDeviceGetName(byte* name, int length, int device);

    [LibraryImport(Library)]
    private static partial int cuDevicePrimaryCtxRetain(out nint context, int device);

    [LibraryImport(Library)]
    private static partial int cuDevicePrimaryCtxRelease_v2(int device);

    [LibraryImport(Library)]
    private static partial int cuCtxPushCurrent_v2(nint context);

    [LibraryImport(Library)]
    private static partial int cuCtxPopCurrent_v2(out nint context);

    [LibraryImport(Library)]
    private static partial int cuMemGetInfo_v2(out nuint free, out nuint total);
}
