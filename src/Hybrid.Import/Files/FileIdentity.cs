using System.Security.Cryptography;

namespace Hybrid.Import.Files;

/// <summary>What a file holds: enough to tell later whether it still does.</summary>
/// <param name="Bytes">Its length.</param>
/// <param name="Sha256">Its SHA-256 in lower-case hexadecimal digits.</param>
public sealed record FileIdentity(long Bytes, string Sha256)
{
    /// <summary>Reads the file once.</summary>
    public static FileIdentity Of(string path)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        return new(file.Length, Convert.ToHexStringLower(SHA256.HashData(file)));
    }

    /// <summary>As errors show it.</summary>
    public override string ToString() => $"{Bytes} bytes, SHA-256 {Sha256[..12]}…";
}
