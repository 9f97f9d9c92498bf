using System.Reflection;
using System.Runtime.InteropServices;

namespace Hybrid.Torch;

/// <summary>The folders that native libraries may lie in, the first that has one deciding.</summary>
/// <param name="Libtorch">Folders of libtorch.</param>
/// <param name="Wrapper">Folders of TorchSharp's own native library, its wrapper around libtorch.</param>
internal sealed record NativeFolders(IReadOnlyList<string> Libtorch, IReadOnlyList<string> Wrapper)
{
    /// <summary>The variable that names a folder with a libtorch to take instead of any other.</summary>
    internal const string Variable = "HYBRID_LIBTORCH";

    // Written beside the program by a build: NuGet's folder of packages on that machine.
    private const string PackagesFolderFile = "hybrid.packages-folder";

    /// <summary>TorchSharp's version, told without loading it.</summary>
    internal static string TorchSharpVersion { get; } =
        typeof(NativeFolders).Assembly.GetReferencedAssemblies().First(name => name.Name == nameof(TorchSharp)).Version!.ToString(3);

    /// <summary>The version of libtorch that TorchSharp's wrapper is built for.</summary>
    internal static string LibtorchVersion { get; } =
        typeof(NativeFolders).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .First(item => item.Key == nameof(LibtorchVersion)).Value!;

    /// <summary>
    /// <see cref="Variable"/>'s folder if it is set; else the program's own, as publishing leaves it, and then the packages in
    /// NuGet's folder, as a build leaves them.
    /// </summary>
    internal static NativeFolders OfProcess()
    {
        string? chosen = Environment.GetEnvironmentVariable(Variable);
        string[] own = [AppContext.BaseDirectory, Natives(AppContext.BaseDirectory)];
        string[] roots = [.. PackageRoots().Distinct()];
        string[] libtorch = string.IsNullOrEmpty(chosen)
            ? [.. own, .. roots.Select(root => Natives(Path.Combine(root, $"libtorch-cpu-{Rid}", LibtorchVersion)))]
            : [Path.GetFullPath(chosen)];
        return new(libtorch, [.. own, .. roots.Select(root => Natives(Path.Combine(root, "torchsharp", TorchSharpVersion)))]);
    }

    /// <summary>The file of a native library on this system, such as libtorch.so.</summary>
    internal static string FileName(string library) =>
        OperatingSystem.IsWindows() ? $"{library}.dll" : OperatingSystem.IsMacOS() ? $"lib{library}.dylib" : $"lib{library}.so";

    // A package's or a published program's folder of native libraries.
    private static string Natives(string folder) => Path.Combine(folder, "runtimes", Rid, "native");

    private static string Rid =>
        $"{(OperatingSystem.IsWindows() ? "win" : OperatingSystem.IsMacOS() ? "osx" : "linux")}-"
        + RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant();

    private static IEnumerable<string> PackageRoots()
    {
        string written = Path.Combine(AppContext.BaseDirectory, PackagesFolderFile);
        if (File.Exists(written))
            yield return Path.TrimEndingDirectorySeparator(File.ReadAllText(written).Trim());
        if (Environment.GetEnvironmentVariable("NUGET_PACKAGES") is { Length: > 0 } set)
            yield return Path.TrimEndingDirectorySeparator(set);
        if (Environment.GetFolderPath(Environment.SpecialFolder.UserProfile) is { Length: > 0 } home)
            yield return Path.Combine(home, ".nuget", "packages");
    }
}
