using Hybrid.Import.Files;

namespace Hybrid.Lab.Tests.Fakes;

/// <summary>Does what is asked, but for waiting for the disk: of what the power takes, a test has its own.</summary>
internal sealed class HastyCalls : FileCalls
{
    public override void Sync(FileStream file) => file.Flush();

    public override void SyncFolder(string path)
    {
    }
}
