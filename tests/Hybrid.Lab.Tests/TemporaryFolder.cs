namespace Hybrid.Lab.Tests;

/// <summary>
/// A fresh folder that is deleted with everything in it: in memory where the system has a place for that, as what is tested writes
/// thousands of files and waits for the disk to have them.
/// </summary>
internal sealed class TemporaryFolder : IDisposable
{
    private const string Memory = "/dev/shm";
    private const long Enough = 1L << 30;

    private static readonly string Parent =
        Directory.Exists(Memory) && new DriveInfo(Memory).AvailableFreeSpace > Enough ? Memory : System.IO.Path.GetTempPath();

    public string Root { get; } =
        Directory.CreateDirectory(System.IO.Path.Combine(Parent, $"hybrid-tests-{Guid.NewGuid():N}")).FullName;

    public string Path(string name) => System.IO.Path.Combine(Root, name);

    public string Write(string name, string text)
    {
        File.WriteAllText(Path(name), text);
        return Path(name);
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
