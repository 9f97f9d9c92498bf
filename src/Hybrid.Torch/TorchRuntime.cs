using TorchSharp;

namespace Hybrid.Torch;

/// <summary>libtorch as this process finds it.</summary>
public static class TorchRuntime
{
    private const string Remedy =
        "build with -p:Torch=cpu, or with -p:Torch=cuda on a machine with an NVIDIA GPU, or give -p:TorchSharpPath=DIR a folder with TorchSharp.dll and libLibTorchSharp";

    private static readonly Lock Loading = new();

    /// <summary>TorchSharp's version.</summary>
    public static string Version => typeof(torch).Assembly.GetName().Version!.ToString(3);

    /// <summary>Threads of libtorch in this process. How sums are split over them may change the last bits of a result.</summary>
    public static int Threads
    {
        get => torch.get_num_threads();
        set => torch.set_num_threads(value);
    }

    /// <summary>The GPUs that this build can use; 0 where it has none or was built without.</summary>
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
            + (count > 0 ? $"ask for cuda:0 to cuda:{count - 1}" : "ask for cpu, or on a machine with a GPU and its driver build with -p:Torch=cuda"));
    }

    /// <summary>Whether libtorch has that kind of device. Where it cannot load, TorchSharp writes to the console, which is hidden.</summary>
    private static bool Load(DeviceType type)
    {
        lock (Loading)
        {
            TextWriter console = Console.Out;
            try
            {
                Console.SetOut(TextWriter.Null);
                return torch.TryInitializeDeviceType(type);
            }
            catch (Exception error) when (error is DllNotFoundException or NotSupportedException or BadImageFormatException
                or EntryPointNotFoundException or TypeInitializationException)
            {
                throw new TorchMissingException($"libtorch could not be loaded ({FirstLine(error.Message)}); {Remedy}", error);
            }
            finally
            {
                Console.SetOut(console);
            }
        }
    }

    private static string FirstLine(string text) => text.Split('\n', 2)[0].TrimEnd();
}
