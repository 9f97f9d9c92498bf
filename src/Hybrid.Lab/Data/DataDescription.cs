using Hybrid.Import.Files;
using Hybrid.Import.Json;

namespace Hybrid.Lab.Data;

/// <summary>What a run was trained on, as it is recorded with the run.</summary>
/// <param name="Source">The text that opens it: <see cref="ITokenSource.Description"/>.</param>
/// <param name="File">What the file held when the run began; null for a synthetic source.</param>
public sealed record DataDescription(string Source, FileIdentity? File)
{
    /// <summary>Describes an open source.</summary>
    public static DataDescription Of(ITokenSource source) => new(source.Description, source.File);

    /// <summary>Opens the source again.</summary>
    /// <exception cref="InputException">It cannot be opened, or the file holds something else now.</exception>
    public ITokenSource Open(ulong seed)
    {
        ITokenSource source = TokenSources.Open(Source, seed);
        try
        {
            EnsureUnchanged(source);
            return source;
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    /// <summary>Refuses a source of this description whose file holds something else than it did.</summary>
    /// <exception cref="InputException">The file has changed.</exception>
    public void EnsureUnchanged(ITokenSource source)
    {
        if (source.Description == Source && source.File != File)
        {
            throw new InputException($"--data {Source}: the file has changed since the run started: "
                + $"it had {File}, now it has {source.File}; restore it, or start a new run");
        }
    }
}
