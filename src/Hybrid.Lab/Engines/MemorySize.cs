using System.Globalization;

namespace Hybrid.Lab.Engines;

/// <summary>Amounts of memory as text.</summary>
public static class MemorySize
{
    /// <summary>In MiB with at most one decimal.</summary>
    public static string Text(Int128 bytes) =>
        string.Create(CultureInfo.InvariantCulture, $"{Math.Round((double)bytes / (1L << 20), 1)} MiB");
}
