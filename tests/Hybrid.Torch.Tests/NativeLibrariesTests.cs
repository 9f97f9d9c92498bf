using Xunit;

namespace Hybrid.Torch.Tests;

/// <summary>Where native libraries are looked for, and what is said where they do not load: on every machine.</summary>
public sealed class NativeLibrariesTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("hybrid").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Xunit.Fact]
    public void A_folder_without_libtorch_is_named_with_what_to_do()
    {
        TorchMissingException missing = Assert.Throws<TorchMissingException>(
            () => NativeLibraries.Find("torch_cpu", "libtorch", [folder, "elsewhere"]));
        Assert.Contains($"libtorch was not found: no {NativeFolders.FileName("torch_cpu")} in {folder} or elsewhere; ", missing.Message);
        Assert.Contains($"set HYBRID_LIBTORCH to a folder with libtorch {NativeFolders.LibtorchVersion}", missing.Message);
    }

    [Xunit.Fact]
    public void The_first_folder_that_has_a_library_decides()
    {
        string file = Path.Combine(folder, NativeFolders.FileName("torch_cpu"));
        File.WriteAllText(file, "");
        Assert.Equal(folder, NativeLibraries.Find("torch_cpu", "libtorch", ["elsewhere", folder, Path.GetTempPath()]));
    }

    [Xunit.Fact]
    public void A_file_that_is_no_library_is_a_reason_in_one_line()
    {
        string file = Path.Combine(folder, NativeFolders.FileName("torch_cpu"));
        File.WriteAllText(file, "not a library");
        TorchMissingException missing = Assert.Throws<TorchMissingException>(() => NativeLibraries.Load(file, folder));
        Assert.StartsWith($"libtorch could not be loaded: {file}: ", missing.Message);
        Assert.DoesNotContain('\n', missing.Message);
    }

    [Xunit.Theory]
    [InlineData(
        "/lib/libstdc++.so.6: version `GLIBCXX_3.4.32' not found (required by /packages/libLibTorchSharp.so)",
        "libLibTorchSharp.so needs GLIBCXX_3.4.32, which this system's libraries are too old for; Debian 13")]
    [InlineData(
        "/packages/libLibTorchSharp.so: undefined symbol: _ZN5torch3jit6Module4evalEv",
        "libLibTorchSharp.so needs _ZN5torch3jit6Module4evalEv, which the libtorch of /torch/lib lacks; TorchSharp")]
    [InlineData(
        "Unable to load shared library '/packages/libLibTorchSharp.so' or one of its "
        + "dependencies.\nlibtorch.so: cannot open shared object file: No such file\n",
        "/packages/libLibTorchSharp.so: libtorch.so: cannot open shared object file: No such file; set HYBRID_LIBTORCH")]
    public void What_the_systems_loader_says_becomes_reason_and_remedy(string said, string expected)
    {
        string message = NativeLibraries.Failure("/packages/libLibTorchSharp.so", said, "/torch/lib", null).Message;
        Assert.StartsWith($"libtorch could not be loaded: {expected}", message);
        Assert.DoesNotContain('\n', message);
    }

    [Xunit.Fact]
    public void The_packages_that_the_build_took_are_where_it_looks()
    {
        // runtimes/RID/native of TorchSharp's package, whose lib every system has; published, the wrapper is beside the program.
        Assert.Contains(
            NativeFolders.OfProcess().Wrapper,
            wrapper => Directory.Exists(Path.GetFullPath(Path.Combine(wrapper, "../../../lib")))
                || File.Exists(Path.Combine(wrapper, NativeFolders.FileName(NativeLibraries.Wrapper))));
    }
}
