using System.Text.RegularExpressions;
using Xunit;

namespace Hybrid.House.Tests;

/// <summary>The derivation's numbers: every one that code cites exists.</summary>
public sealed partial class DerivationTests
{
    [Fact]
    public void Every_number_that_code_cites_exists()
    {
        HashSet<string> equations = [.. Derivation.Results.Select(result => result.Number)];
        HashSet<string> sections = [.. Derivation.Sections.Select(section => section.Number)];
        List<string> unknown = [];
        int cited = 0;
        foreach (string file in House.Files(".cs", ".fs"))
        {
            foreach (string comment in Comments(House.Read(file)))
            {
                foreach (Match place in Cited().Matches(comment))
                {
                    string[] numbers = [.. Numbers().Matches(place.Value).Select(match => match.Groups[1].Value)];
                    string[] named = numbers.Length > 0 ? [] : [.. Plain().Matches(place.Value).Select(match => match.Value)];
                    cited += numbers.Length + named.Length;
                    unknown.AddRange(numbers.Where(number => !equations.Contains(number)).Select(number => $"{file}: ({number})"));
                    unknown.AddRange(named.Where(number => !sections.Contains(number)).Select(number => $"{file}: section {number}"));
                }
            }
        }

        Assert.True(unknown.Count == 0, string.Join('\n', unknown));
        Assert.True(cited > 50, $"only {cited} citations were found");
    }

    [Fact]
    public void A_number_is_given_once_and_what_the_derivation_itself_cites_has_one()
    {
        string[] labels = [.. Derivation.Results.Select(result => result.Number)];
        Assert.Equal(labels.Distinct(), labels);
        Assert.Empty(Numbers().Matches(Derivation.Text).Select(match => match.Groups[1].Value).Except(labels));
    }

    [Fact]
    public void Every_number_in_brackets_that_stands_alone_in_a_comment_exists_too()
    {
        HashSet<string> equations = [.. Derivation.Results.Select(result => result.Number)];
        (string Place, string Number)[] cited =
        [
            .. House.Files(".cs", ".fs").SelectMany(file => House.Read(file).Split('\n')
                .SelectMany((line, index) => Bare().Matches(Spoken().Match(line).Value)
                    .Select(match => ($"{file}:{index + 1}", match.Groups[1].Value)))),
        ];
        string[] unknown = [.. cited.Where(item => !equations.Contains(item.Number)).Select(item => $"{item.Place}: ({item.Number})")];
        Assert.True(unknown.Length == 0, string.Join('\n', unknown));
        Assert.True(
            cited.Count(item => item.Place.StartsWith("theory/", StringComparison.Ordinal)) > 60,
            $"only {cited.Length} citations were found");
    }

    // Runs of comment lines as one text, so that a citation may be broken over lines.
    private static IEnumerable<string> Comments(string text) =>
        Runs().Matches(text).Select(run => Slashes().Replace(run.Value, " "));

    [GeneratedRegex(@"\((\d+\.\d+)\)")]
    private static partial Regex Numbers();

    // In brackets of its own: not the argument of a function, a factor or a divisor.
    [GeneratedRegex(@"(?<![\w/)])\((\d+\.\d+)\)")]
    private static partial Regex Bare();

    // What a comment says in a line, also behind code.
    [GeneratedRegex(@"(?<![:""])//.*$")]
    private static partial Regex Spoken();

    [GeneratedRegex(@"derivation(?:\.md)?,?(?:(?: to|,| and|,? sections?)? \(?\d+(?:\.\d+)?\)?)+")]
    private static partial Regex Cited();

    [GeneratedRegex(@"\d+(?:\.\d+)?")]
    private static partial Regex Plain();

    [GeneratedRegex(@"(?:^ *//.*\n)+", RegexOptions.Multiline)]
    private static partial Regex Runs();

    [GeneratedRegex(@"\n? *///? ?")]
    private static partial Regex Slashes();
}
