using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Hybrid.Cli.Output;

/// <summary>What a run needs to say about itself to be repeated.</summary>
internal static class Machine
{
    /// <summary>The product's version without build metadata.</summary>
    public static readonly string Version = Build().Split('+')[0];

    /// <summary>The version with what it was built from, where that is known: two builds of one version may measure differently.</summary>
    public static string BuiltVersion => Build();

    /// <summary>The widest vectors that the hardware accelerates.</summary>
    public static readonly string Simd =
        Vector512.IsHardwareAccelerated ? "512 bit"
        : Vector256.IsHardwareAccelerated ? "256 bit"
        : Vector128.IsHardwareAccelerated ? "128 bit"
        : "none";

    private static string Build() =>
        typeof(Machine).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

    /// <summary>The most memory that this process has had at once, bytes.</summary>
    public static long PeakMemory
    {
        get
        {
            using Process process = Process.GetCurrentProcess();
            return process.PeakWorkingSet64;
        }
    }

    /// <summary>The processor's model where the system tells it, otherwise its architecture.</summary>
    public static string Processor
    {
        get
        {
            const string CpuInfo = "/proc/cpuinfo";
            string? model = File.Exists(CpuInfo)
                ? File.ReadLines(CpuInfo).FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))
                : null;
            return model?.Split(':', 2)[1].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString();
        }
    }
}
