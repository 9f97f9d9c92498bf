using Hybrid.Import.Files;
using Hybrid.Import.Json;
using Hybrid.Networks.Random;
using Hybrid.Networks.Training;

namespace Hybrid.Lab.Data;

/// <summary>
/// Any file as bytes, cut into 90 % for training, 5 % for validation and 5 % for testing (<see cref="HeldOut"/> says where).
/// Training sequences begin at uniformly drawn places of their part; validation and test sequences lie end to end. None crosses a cut.
/// Windows are read from the file when they are asked for: the system's cache holds what is used, and a file that shrinks
/// during a run is an error, not a crash as under a memory map.
/// </summary>
public sealed class FileSource : ITokenSource
{
    private readonly FileStream _file;
    private readonly ByteCensus _census;
    private readonly ulong _seed;
    private volatile FileCuts? _cuts;

    /// <summary>Opens the file and reads it once.</summary>
    /// <param name="path">The file.</param>
    /// <param name="seed">Names where training sequences begin.</param>
    /// <param name="heldOut">Where validation and test sequences come from.</param>
    /// <exception cref="InputException">The file cannot be read.</exception>
    public FileSource(string path, ulong seed, HeldOut heldOut = HeldOut.Spread)
    {
        _seed = seed;
        HeldOut = heldOut;
        _file = Open(path);
        Description = Path.GetFullPath(path);
        _census = ByteCensus.Of(_file);
    }

    /// <inheritdoc/>
    public int Vocabulary => 256;

    /// <summary>The file's full path.</summary>
    public string Description { get; }

    /// <summary>Where validation and test sequences come from.</summary>
    public HeldOut HeldOut { get; }

    /// <inheritdoc/>
    public FileIdentity File => _census.Identity;

    /// <inheritdoc/>
    public IReadOnlyList<ReferenceLoss> References =>
    [
        new("no context (unigram entropy)", _census.Unigram),
        new("one byte of context (bigram entropy)", _census.Bigram),
    ];

    /// <summary>Nobody knows: null.</summary>
    public double? OptimalLoss(TrainingTask task, int tokens) => null;

    /// <summary>Of training as many as its part has places to begin; of the others as many as fit end to end.</summary>
    public long Sequences(Split split, int length) => CutsFor(length).Sequences(split);

    /// <inheritdoc/>
    /// <exception cref="InputException">The file has become shorter.</exception>
    public void Fill(Split split, long sequence, Span<byte> tokens)
    {
        FileCuts cuts = CutsFor(tokens.Length);
        long count = cuts.Sequences(split);
        if (split == Split.Train)
        {
            Span<ulong> word = stackalloc ulong[1];
            UniformBits.Fill(word, SequenceKey.Of(_seed, SequenceKey.Purpose.Tokens, split, sequence));
            sequence = UniformBits.Below(word[0], count);
        }
        else
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(sequence, count);
        }

        Read(cuts.PlaceOf(split, sequence), tokens);
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private FileCuts CutsFor(int length)
    {
        FileCuts? cuts = _cuts;
        if (cuts?.SequenceLength != length)
            _cuts = cuts = FileCuts.Of(File.Bytes, length, HeldOut) ?? throw TooShort(length);
        return cuts;
    }

    private InputException TooShort(int length) => new(
        $"--data {Description}: the file is too short: its {File.Bytes} bytes give validation (5 %) {File.Bytes / 20}, "
        + $"and one sequence takes {length}; give a file of at least {FileCuts.Fewest(length)} bytes or a smaller --set tokens=…");

    private void Read(long offset, Span<byte> tokens)
    {
        for (int done = 0; done < tokens.Length;)
        {
            int read = RandomAccess.Read(_file.SafeFileHandle, tokens[done..], offset + done);
            if (read == 0)
            {
                throw new InputException($"--data {Description}: the file has become shorter than the "
                    + $"{File.Bytes} bytes that it had; restore it and continue with --resume");
            }

            done += read;
        }
    }

    private static FileStream Open(string path)
    {
        try
        {
            return new(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            throw new InputException(
                $"--data {path}: cannot be read ({error.Message.TrimEnd('.')}); "
                + $"give a readable file, or one of {TokenSources.SyntheticNames}",
                error);
        }
    }
}
