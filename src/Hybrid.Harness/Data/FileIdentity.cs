namespace Hybrid.Harness.Data;

/// <summary>What a file held: enough to tell later whether it still does.</summary>
/// <param name="Bytes">Its length.</param>
/// <param name="Sha256">Its SHA-256 in lower-case hexadecimal digits.</param>
public sealed record FileIdentity(long Bytes, string Sha256)
{
    /// <summary>As errors show it.</summary>
    public override string ToString() => $"{Bytes} bytes, SHA-256 {Sha256[..12]}…";
}
