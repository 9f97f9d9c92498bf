using Hybrid.Import.Files;
using Hybrid.Import.Json;

namespace Hybrid.Lab.Data;

/// <summary>What a run was trained on, as it is recorded with the run.</summary>
/// <param name="Source">The text that opens it: <see cref="ITokenSource.Description"/>.</param>
/// <param name="File">What the file held when the run began; null for a synthetic source.</param>
public sealed record DataDescription(string Source, FileIdentity? File)
{
    /// <summary>Stands for the path of a file whose name is not to be told.</summary>
    public const string Untold = "(private)";

    /// <summary>Where a file's validation and test sequences come from; of a synthetic source it says nothing.</summary>
    public HeldOut HeldOut { get; init; } = HeldOut.Spread;

    /// <summary>Whether the file's name is not told, so that it must be given again.</summary>
    public bool IsPrivate => File is not null && Source == Untold;

    /// <summary>The same without the name of a file.</summary>
    public DataDescription Private() => File is null ? this : this with { Source = Untold };

    /// <summary>Whether a source is the one described, from a run's folder.</summary>
    public bool Describes(ITokenSource source, string run) => File is null
        ? source.File is null && source.Description == Source
        : source.File is not null && (IsPrivate || source.Description == Path.GetFullPath(Path.Combine(run, Source)));

    /// <summary>Describes an open source; a file by its path from a run's folder, which says nothing of whose machine it lies on.</summary>
    public static DataDescription Of(ITokenSource source, string run = "") => new(
        source.File is null ? source.Description : Path.GetRelativePath(Path.GetFullPath(run == "" ? "." : run), source.Description),
        source.File)
    {
        HeldOut = source is FileSource file ? file.HeldOut : HeldOut.Spread,
    };

    /// <summary>Opens the source again; a file's path is from the run's folder.</summary>
    /// <exception cref="InputException">It cannot be opened, or the file holds something else now.</exception>
    public ITokenSource Open(ulong seed, string run = "")
    {
        if (IsPrivate)
            throw new InputException("the run does not tell the name of its data; give --data FILE");
        ITokenSource source = TokenSources.Open(File is null ? Source : Path.GetFullPath(Path.Combine(run, Source)), seed, HeldOut);
        try
        {
            EnsureUnchanged(source, run);
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
    public void EnsureUnchanged(ITokenSource source, string run = "")
    {
        if (source.File != File && Describes(source, run))
        {
            throw new InputException($"--data {source.Description}: the file has changed since the run started: "
                + $"it had {File}, now it has {source.File}; restore it, or start a new run");
        }
    }
}
