using System.Globalization;
using System.Text;

namespace Hybrid.Cli.Output;

/// <summary>Text that quotes what somebody else wrote, as one line that cannot steer a terminal.</summary>
internal static class OneLine
{
    private const int Longest = 2000;

    /// <summary>Control characters as their code, such as \u001b; what is longer than any message of ours loses its middle.</summary>
    public static string Of(string text)
    {
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
}
