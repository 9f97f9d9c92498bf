using System.Security.Cryptography;
using Hybrid.Import.Files;

namespace Hybrid.Lab.Data;

/// <summary>One pass over a file: its identity, and how well a byte is predicted by itself and by the byte before it.</summary>
/// <param name="Identity">Length and hash.</param>
/// <param name="Unigram">Entropy of a byte, nats.</param>
/// <param name="Bigram">Entropy of a byte given the one before it, nats, both of the file's own frequencies.</param>
internal sealed record ByteCensus(FileIdentity Identity, double Unigram, double Bigram)
{
    private const int Piece = 1 << 20;

    /// <summary>Reads the file from its beginning to the end that it has now: a device has none to reach, and counts as empty.</summary>
    public static ByteCensus Of(FileStream file)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        long[] pairs = new long[256 * 256];
        byte[] buffer = new byte[Piece];
        long length = 0;
        int previous = -1;
        long end = file.CanSeek ? file.Length : 0;
        while (length < end && file.Read(buffer, 0, (int)Math.Min(Piece, end - length)) is int read and > 0)
        {
            hash.AppendData(buffer, 0, read);
            foreach (byte next in buffer.AsSpan(0, read))
            {
                if (previous >= 0)
                    pairs[previous * 256 + next]++;
                previous = next;
            }

            length += read;
        }

        double[] joint = Shares(pairs);
        double[] first = Shares([.. pairs.Chunk(256).Select(row => row.Sum())]);
        return new(
            new(length, Convert.ToHexStringLower(hash.GetHashAndReset())),
            Entropy.Of(first),
            Entropy.Of(joint) - Entropy.Of(first));
    }

    private static double[] Shares(long[] counts)
    {
        double total = Math.Max(1, counts.Sum());
        return [.. counts.Select(count => count / total)];
    }
}
