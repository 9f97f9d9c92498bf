using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Loader;
using System.Text.RegularExpressions;
using TorchSharp;

namespace Hybrid.Torch;

/// <summary>
/// Loads libtorch and TorchSharp's wrapper by path, before TorchSharp looks for them: TorchSharp's own search would copy the
/// libraries from NuGet's folder beside the program, and a wrapper that does not fit would end the process at its first call.
/// </summary>
internal static partial class NativeLibraries
{
    /// <summary>TorchSharp's own.</summary>
    internal const string Wrapper = "LibTorchSharp";

    // Set, a wrapper is loaded although libtorch lacks some of what it may call: for a libtorch newer than its own.
    private const string Unchecked = "HYBRID_LIBTORCH_UNCHECKED";
    private const int Now = 2;

    // In the order that they need each other in; c10_cuda and torch_cuda are in a libtorch for GPUs alone.
    private static readonly string[] Libtorch = ["c10", "torch_cpu", "c10_cuda", "torch_cuda", "torch"];

    private static readonly Dictionary<string, nint> Loaded = [];

    /// <summary>Loads them from <paramref name="folders"/>, once.</summary>
    /// <exception cref="TorchMissingException">They are not there, or do not load; the message says why and what to do.</exception>
    internal static void Load(NativeFolders folders)
    {
        if (Loaded.ContainsKey(Wrapper))
            return;
        string libtorch = Find("torch_cpu", "libtorch", folders.Libtorch);
        string wrapperFolder = Find(Wrapper, $"TorchSharp {NativeFolders.TorchSharpVersion}'s native library", folders.Wrapper);
        string wrapper = Path.Combine(wrapperFolder, NativeFolders.FileName(Wrapper));
        foreach (string library in Libtorch)
        {
            string path = Path.Combine(libtorch, NativeFolders.FileName(library));
            if (File.Exists(path))
                Loaded[library] = Load(path, libtorch);
        }

        // Every symbol now: one that is missing is then found here, not at its first call, which would end the process. The
        // first call of Error makes the runtime look for it, which would forget what Open failed with.
        bool isChecked = !OperatingSystem.IsWindows() && string.IsNullOrEmpty(Environment.GetEnvironmentVariable(Unchecked));
        if (isChecked)
            _ = Error();
        if (isChecked && Open(wrapper, Now) == 0)
            throw Failure(wrapper, Marshal.PtrToStringUTF8(Error()) ?? "", libtorch, null);
        Loaded[Wrapper] = Load(wrapper, libtorch);
        Assembly assembly = typeof(torch).Assembly;
        NativeLibrary.SetDllImportResolver(assembly, (name, _, _) => Loaded.GetValueOrDefault(name));
        AssemblyLoadContext.GetLoadContext(assembly)!.ResolvingUnmanagedDll += (_, name) => Loaded.GetValueOrDefault(name);
    }

    /// <summary>The first of the folders that has the library.</summary>
    internal static string Find(string library, string what, IReadOnlyList<string> folders)
    {
        string file = NativeFolders.FileName(library);
        return folders.FirstOrDefault(folder => File.Exists(Path.Combine(folder, file))) ?? throw new TorchMissingException(
            $"{what} was not found: no {file} in {string.Join(" or ", folders)}; "
            + "build without -p:Torch=none on Linux x64, macOS arm64 or Windows x64, "
            + $"or set {NativeFolders.Variable} to a folder with libtorch {NativeFolders.LibtorchVersion}, "
            + "such as torch/lib of an installed PyTorch");
    }

    /// <summary>Loads a library by its path.</summary>
    internal static nint Load(string path, string libtorch)
    {
        try
        {
            return NativeLibrary.Load(path);
        }
        catch (Exception error) when (error is DllNotFoundException or BadImageFormatException)
        {
            throw Failure(path, error.Message, libtorch, error);
        }
    }

    /// <summary>What is wrong and what to do about it, in one line, from what the system's loader said.</summary>
    internal static TorchMissingException Failure(string path, string said, string libtorch, Exception? inner)
    {
        string file = Path.GetFileName(path);
        Match version = Version().Match(said), symbol = Symbol().Match(said);
        string[] lines = said.Split('\n', StringSplitOptions.TrimEntries);
        string reason = (version.Success, symbol.Success) switch
        {
            (true, _) => $"{file} needs {version.Groups[1].Value}, which this system's libraries are too old for; "
                + "Debian 13, Ubuntu 24.04 and later have it (docs/torch.md)",
            (_, true) => $"{file} needs {symbol.Groups[1].Value}, which the libtorch of {libtorch} lacks; "
                + $"TorchSharp {NativeFolders.TorchSharpVersion} is built for libtorch {NativeFolders.LibtorchVersion}: "
                + $"set {NativeFolders.Variable} to a folder with that version, or unset it",
            _ => $"{path}: {lines.FirstOrDefault(line => line.Contains("cannot open", StringComparison.Ordinal)) ?? lines[0]}; "
                + $"set {NativeFolders.Variable} to a folder with libtorch {NativeFolders.LibtorchVersion}",
        };
        return new TorchMissingException($"libtorch could not be loaded: {reason}", inner);
    }

    [GeneratedRegex(@"version [`']((?:GLIBCXX|GLIBC|CXXABI|GCC)_[\d.]+)' not found")]
    private static partial Regex Version();

    [GeneratedRegex(@"undefined symbol: (\S+)")]
    private static partial Regex Symbol();

    [LibraryImport("libc", EntryPoint = "dlopen", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "dlerror")]
    private static partial nint Error();
}
