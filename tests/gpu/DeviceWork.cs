using System.Diagnostics;
using System.Globalization;
using Hybrid.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Hybrid.Gpu;

/// <summary>Timing and memory of work on one device.</summary>
internal sealed class DeviceWork
{
    private const int Warming = 2;

    public DeviceWork(string device)
    {
        Device = TorchRuntime.EnsureAvailable(TorchDevice.Parse(device));
        // The driver's context takes memory of its own, once.
        using Tensor first = ones(16, 16).to(Device.ToTorch());
        using Tensor product = first.mm(first);
        Finish();
    }

    public TorchDevice Device { get; }

    /// <summary>Those that are taken for speed.</summary>
    public static IEnumerable<TorchPrecision> Precisions(bool isGpu) => Enum.GetValues<TorchPrecision>()
        .Where(precision => precision != TorchPrecision.Double && (isGpu || precision != TorchPrecision.Tf32));

    /// <summary>Seconds of one call, over as many as take <paramref name="least"/> seconds, after two that are not counted.</summary>
    public double Seconds(Action work, double least)
    {
        for (int call = 0; call < Warming; call++)
            work();
        Finish();
        long start = Stopwatch.GetTimestamp();
        int calls = 0;
        do
        {
            work();
            calls++;
            // Calls are queued: without waiting now and then the queue grows faster than it is worked off.
            if (calls % 8 == 0)
                Finish();
        }
        while (Stopwatch.GetElapsedTime(start).TotalSeconds < least);
        Finish();
        return Stopwatch.GetElapsedTime(start).TotalSeconds / calls;
    }

    /// <summary>Most bytes of the device that <paramref name="work"/> held, over what was held before.</summary>
    public long BytesUsed(Action work)
    {
        if (Device.IsCuda)
        {
            // libtorch gives nothing back by itself: what it took is what it needed at most.
            long free = DeviceMemory.Of(Device).Free;
            work();
            Finish();
            return free - DeviceMemory.Of(Device).Free;
        }

        File.WriteAllText("/proc/self/clear_refs", "5");
        long before = Status("VmRSS");
        work();
        return Status("VmHWM") - before;
    }

    /// <summary>Bytes of a line of this process's status.</summary>
    public static long Status(string name) => 1024 * long.Parse(
        File.ReadLines("/proc/self/status").First(line => line.StartsWith(name, StringComparison.Ordinal))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2].Split('\t')[^1],
        CultureInfo.InvariantCulture);

    private void Finish()
    {
        if (Device.IsCuda)
            cuda.synchronize();
    }
}
