using Hybrid.Lab.Tests;

namespace Hybrid.MiniLM.Tests;

/// <summary>The checkpoint for as long as the tests run; with HYBRID_MINILM=FOLDER it is written there and stays.</summary>
public sealed class MiniLmFolder : IDisposable
{
    private readonly TemporaryFolder? _own;

    public MiniLmFolder()
    {
        if (Environment.GetEnvironmentVariable("HYBRID_MINILM") is string kept)
            Folder = Directory.CreateDirectory(kept).FullName;
        else
            Folder = (_own = new()).Root;
        MiniLmCheckpoint.Write(Folder);
    }

    public string Folder { get; }

    public void Dispose() => _own?.Dispose();
}
