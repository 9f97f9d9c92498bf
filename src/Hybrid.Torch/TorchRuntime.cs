using TorchSharp;

namespace Hybrid.Torch;

/// <summary>libtorch as this process finds it.</summary>
public static class TorchRuntime
{
    private static readonly Lock Loading = new();
    private static TorchMissingException? failure;

    /// <summary>TorchSharp's version.</summary>
    public static string Version => NativeFolders.TorchSharpVersion;

    /// <summary>Why libtorch cannot be loaded here, with what to do about it, in one line; null where it is loaded.</summary>
    public static string? WhyMissing()
    {
        try
        {
            Load(DeviceType.CPU);
            return null;
        }
        catch (TorchMissingException missing)
        {
            return missing.Message;
        }
    }

    /// <summary>Threads of libtorch in this process. How sums are split over them may change the last bits of a result.</summary>
    /// <exception cref="TorchMissingException">libtorch cannot be loaded.</exception>
    public static int Threads
    {
        get => Load(DeviceType.CPU) ? torch.get_num_threads() : 0;
        set
        {
            Load(DeviceType.CPU);
            torch.set_num_threads(value);
        }
    }

    /// <summary>The GPUs that libtorch can use; 0 where there is none, or a libtorch for the processor alone.</summary>
    /// <exception cref="TorchMissingException">libtorch cannot be loaded.</exception>
    public static int GpuCount => Load(DeviceType.CPU) && Load(DeviceType.CUDA) ? torch.cuda.device_count() : 0;

    /// <summary>Returns a device that can be used.</summary>
    /// <exception cref="TorchMissingException">libtorch or the device is not there.</exception>
    public static TorchDevice EnsureAvailable(TorchDevice device)
    {
        if (!device.IsCuda)
        {
            Load(DeviceType.CPU);
            return device;
        }

        int count = GpuCount;
        if (device.Index < count)
            return device;
        throw new TorchMissingException(
            $"device {device} was asked for and libtorch offers {count} NVIDIA GPUs here; "
            + (count > 0
                ? $"ask for cuda:0 to cuda:{count - 1}"
                : "ask for cpu, or on a machine with a GPU and its driver build with -p:Torch=cuda "
                    + $"or set {NativeFolders.Variable} to torch/lib of a PyTorch with CUDA"));
    }

    /// <summary>Whether libtorch has that kind of device.</summary>
    private static bool Load(DeviceType type)
    {
        lock (Loading)
        {
            if (failure is not null)
                throw new TorchMissingException(failure.Message, failure);
            try
            {
                NativeLibraries.Load(NativeFolders.OfProcess());
                return torch.TryInitializeDeviceType(type);
            }
            catch (TorchMissingException missing)
            {
                failure = missing;
                throw;
            }
            catch (Exception error) when (error is DllNotFoundException or NotSupportedException or BadImageFormatException
                or EntryPointNotFoundException or TypeInitializationException)
            {
                failure = new TorchMissingException($"libtorch could not be loaded: {error.Message.Split('\n', 2)[0].TrimEnd()}", error);
                throw failure;
            }
        }
    }
}
