using System.Text.RegularExpressions;

namespace Hybrid.House.Tests;

/// <summary>The derivation as text: its sections and the results that carry a number.</summary>
internal static partial class Derivation
{
    /// <summary>All of it.</summary>
    public static string Text { get; } = House.Read("theory/derivation.md");

    /// <summary>Sections by number, in order.</summary>
    public static (string Number, string Title, int Start)[] Sections { get; } =
        [.. Headings().Matches(Text).Select(match => (match.Groups[1].Value, match.Groups[2].Value, match.Index))];

    /// <summary>Numbers of results, in order, each with the place of its section in <see cref="Sections"/>.</summary>
    public static (string Number, int Section)[] Results { get; } =
        [.. Labels().Matches(Text).Select(match => (
            match.Groups[1].Value, Array.FindLastIndex(Sections, section => section.Start < match.Index)))];

    // Behind an equation, at the end of its line.
    [GeneratedRegex(@" {2,}\((\d+\.\d+)\)$", RegexOptions.Multiline)]
    private static partial Regex Labels();

    [GeneratedRegex(@"^#+ (\d+(?:\.\d+)?)\.? (.*)$", RegexOptions.Multiline)]
    private static partial Regex Headings();
}
