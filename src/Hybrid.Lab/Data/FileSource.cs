using Hybrid.Import.Files;
using Hybrid.Import.Json;
using Hybrid.Networks.Random;
using Hybrid.Networks.Training;

namespace Hybrid.Lab.Data;

/// <summary>
/// Any file as bytes, cut once into its first 90 % for training, the next 5 % for validation and the rest for testing.
/// Training sequences begin at uniformly drawn places of their part; validation and test sequences lie end to end.
/// Windows are read from the file when they are asked for: the system's cache holds what is used, and a file that shrinks
/// during a run is an error, not a crash as under a memory map.
/// </summary>
public sealed class FileSource : ITokenSource
{
    private readonly FileStream _file;
    private readonly ByteCensus _census;
    private readonly ulong _seed;
    private readonly (long Start, long Length)[] _parts;

    /// <summary>Opens the file and reads it once.</summary>
    /// <param name="path">The file.</param>
    /// <param name="seed">Names where training sequences begin.</param>
    /// <exception cref="InputException">The file cannot be read.</exception>
    public FileSource(string path, ulong seed)
    {
        _seed = seed;
        _file = Open(path);
        Description = Path.GetFullPath(path);
        _census = ByteCensus.Of(_file);
        long length = _census.Identity.Bytes, train = (long)(0.9 * length), validation = (long)(0.05 * length);
        _parts = [(0, train), (train, validation), (train + validation, length - train - validation)];
    }

    /// <inheritdoc/>
    public int Vocabulary => 256;

    /// <summary>The file's full path.</summary>
    public string Description { get; }

    /// <inheritdoc/>
    public FileIdentity File => _census.Identity;

    /// <inheritdoc/>
    public IReadOnlyList<ReferenceLoss> References =>
    [
        new("no context (unigram entropy)", _census.Unigram),
        new("one byte of context (bigram entropy)", _census.Bigram),
    ];

    /// <summary>Bytes of a part.</summary>
    public long BytesOf(Split split) => _parts[(int)split].Length;

    /// <summary>Nobody knows: null.</summary>
    public double? OptimalLoss(TrainingTask task, int tokens) => null;

    /// <summary>Of training as many as its part has places to begin; of the others as many as fit end to end.</summary>
    public long Sequences(Split split, int length)
    {
        foreach (Split part in Enum.GetValues<Split>())
        {
            if (BytesOf(part) < length)
            {
                throw new InputException(
                    $"--data {Description}: the file is too short: "
                    + $"its {File.Bytes} bytes give {Name(part)} {BytesOf(part)}, and one sequence "
                    + $"takes {length}; give a file of at least {20L * length + 20} bytes or a smaller --set tokens=…");
            }
        }

        return split == Split.Train ? BytesOf(split) - length + 1 : BytesOf(split) / length;
    }

    /// <inheritdoc/>
    /// <exception cref="InputException">The file has become shorter.</exception>
    public void Fill(Split split, long sequence, Span<byte> tokens)
    {
        long count = Sequences(split, tokens.Length);
        long place = sequence * tokens.Length;
        if (split == Split.Train)
        {
            Span<ulong> word = stackalloc ulong[1];
            UniformBits.Fill(word, SequenceKey.Of(_seed, SequenceKey.Purpose.Tokens, split, sequence));
            place = UniformBits.Below(word[0], count);
        }
        else
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(sequence, count);
        }

        Read(_parts[(int)split].Start + place, tokens);
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

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

    private static string Name(Split split) => split switch
    {
        Split.Train => "training (90 %)",
        Split.Validation => "validation (5 %)",
        _ => "testing (5 %)",
    };
}
