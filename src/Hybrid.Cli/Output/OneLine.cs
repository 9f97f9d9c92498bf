using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Hybrid.Cli.Output;

/// <summary>Text that quotes what somebody else wrote, as one line that cannot steer a terminal.</summary>
internal static partial class OneLine
{
    private const int Longest = 2000, LongestName = 80, EndOfName = 17;

    /// <summary>
    /// Control characters as their code, such as \u001b; of a name nobody has 80 characters are enough, the last ones among them; what is
    /// longer than any message of
    /// ours loses its middle.
    /// </summary>
    public static string Of(string text)
    {
        text = LongName().Replace(text, match => $"{match.Value[..(LongestName - EndOfName - 3)]}...{match.Value[^EndOfName..]}");
        if (text.Length > Longest)
            text = $"{text[..(Longest / 2)]} … {text[^(Longest / 2)..]}";
        StringBuilder line = new(text.Length);
        foreach (char character in text)
        {
            if (char.IsControl(character))
                line.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:x4}");
            else
                line.Append(character);
        }

        return line.ToString();
    }

    // A word, or what was received in quotes. Paths are not shortened: who reads them goes there.
    [GeneratedRegex(@"[^\s/\\'""]{81,}|(?<=['""])[^/\\'""]{81,}(?=['""] is )|(?<=got ['""])[^/\\'""]{81,}")]
    private static partial Regex LongName();
}
