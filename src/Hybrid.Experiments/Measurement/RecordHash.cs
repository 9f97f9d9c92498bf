using System.Security.Cryptography;
using System.Text;
using Hybrid.Architectures;
using Hybrid.Import.Records;

namespace Hybrid.Experiments.Measurement;

/// <summary>
/// An architecture's record in eight characters, with which a cell's key ends: a cell of other
/// parameters is another cell.
/// </summary>
internal static class RecordHash
{
    public static string Of(Architecture architecture) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(ArchitectureJson.ToText(architecture))))[..8];
}
