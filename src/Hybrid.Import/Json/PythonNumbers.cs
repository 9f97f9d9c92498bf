using System.Text.RegularExpressions;

namespace Hybrid.Import.Json;

/// <summary>NaN and infinities as Python writes them into JSON, which has none.</summary>
internal static partial class PythonNumbers
{
    /// <summary>
    /// The text with these in quotes, so that it parses and only who asks for such a number meets it; null where there are none.
    /// </summary>
    public static string? Quoted(string text)
    {
        string quoted = Pattern().Replace(text, match => match.Value[0] == '"' ? match.Value : $"\"{match.Value}\"");
        return quoted.Length == text.Length ? null : quoted;
    }

    // Strings are passed over whole.
    [GeneratedRegex(@"""(?>[^""\\]+|\\.)*""|-?Infinity\b|NaN\b", RegexOptions.Singleline | RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}
