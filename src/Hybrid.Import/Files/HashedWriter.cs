using System.Security.Cryptography;

namespace Hybrid.Import.Files;

/// <summary>Writes a stream and identifies what was written, so that a file that is torn or altered later can be told.</summary>
internal sealed class HashedWriter(Stream stream) : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long _length;

    public void Write(ReadOnlySpan<byte> bytes)
    {
        stream.Write(bytes);
        _hash.AppendData(bytes);
        _length += bytes.Length;
    }

    /// <summary>Brings everything onto the disk, not only to the system's cache.</summary>
    public FileIdentity Finish()
    {
        if (stream is FileStream file)
            FileCalls.Current.Sync(file);
        else
            stream.Flush();
        return new(_length, Convert.ToHexStringLower(_hash.GetHashAndReset()));
    }

    public void Dispose()
    {
        _hash.Dispose();
        stream.Dispose();
    }
}
