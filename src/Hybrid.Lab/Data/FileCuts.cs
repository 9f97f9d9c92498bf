namespace Hybrid.Lab.Data;

/// <summary>Where in a file the sequences that nothing is trained on come from.</summary>
public enum HeldOut
{
    /// <summary>Its last tenth, as runs before this choice have it: a file that changes along its way is tested on another one.</summary>
    End,

    /// <summary>The last tenth of every one of up to twenty equal pieces.</summary>
    Spread,
}

/// <summary>
/// A file in pieces, of each of which the first 90 % are for training, the next 5 % for validation and the rest for testing. Sequences of
/// the parts are numbered piece by piece.
/// </summary>
internal sealed class FileCuts
{
    // Enough for what changes along a file; each costs a cut that no sequence crosses.
    private const int MostPieces = 20;

    private readonly (long Start, long Length)[][] _spans;

    private FileCuts(long bytes, int length, int pieces)
    {
        SequenceLength = length;
        _spans = [new (long, long)[pieces], new (long, long)[pieces], new (long, long)[pieces]];
        for (int piece = 0; piece < pieces; piece++)
        {
            long start = Cut(bytes, piece, pieces), whole = Cut(bytes, piece + 1, pieces) - start;
            long train = (long)(0.9 * whole), validation = (long)(0.05 * whole);
            _spans[(int)Split.Train][piece] = (start, train);
            _spans[(int)Split.Validation][piece] = (start + train, validation);
            _spans[(int)Split.Test][piece] = (start + train + validation, whole - train - validation);
        }
    }

    /// <summary>Tokens of a sequence.</summary>
    public int SequenceLength { get; }

    /// <summary>As many pieces as the choice allows, with room for a sequence in every part; null where one piece has none.</summary>
    public static FileCuts? Of(long bytes, int length, HeldOut heldOut)
    {
        int most = heldOut == HeldOut.End ? 1 : (int)Math.Clamp(bytes / Fewest(length), 1, MostPieces);
        FileCuts cuts = new(bytes, length, most);
        return Enum.GetValues<Split>().All(split => cuts.Sequences(split) > 0) ? cuts : null;
    }

    /// <summary>Bytes that surely give every part a sequence of a length.</summary>
    public static long Fewest(int length) => (20L * length) + 20;

    /// <summary>How many sequences a part has: of training the places where one may begin, of others those that lie end to end.</summary>
    public long Sequences(Split split) => _spans[(int)split].Sum(span => In(split, span.Length));

    /// <summary>Where sequence number <paramref name="sequence"/> of a part begins.</summary>
    public long PlaceOf(Split split, long sequence)
    {
        foreach ((long start, long length) in _spans[(int)split])
        {
            long count = In(split, length);
            if (sequence < count)
                return start + (split == Split.Train ? sequence : sequence * SequenceLength);
            sequence -= count;
        }

        throw new ArgumentOutOfRangeException(nameof(sequence), sequence, $"{split} has {Sequences(split)} sequences");
    }

    private long In(Split split, long length) =>
        split == Split.Train ? Math.Max(0, length - SequenceLength + 1) : length / SequenceLength;

    private static long Cut(long bytes, int piece, int pieces) => (long)((Int128)bytes * piece / pieces);
}
