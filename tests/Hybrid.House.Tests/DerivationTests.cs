using System.Text.RegularExpressions;
using Xunit;

namespace Hybrid.House.Tests;

/// <summary>The derivation's numbers: every one that code cites exists, and every section names tests that exist.</summary>
public sealed partial class DerivationTests
{
    private const string Derivation = "theory/derivation.md";

    [Fact]
    public void Every_number_that_code_cites_exists()
    {
        string text = House.Read(Derivation);
        HashSet<string> equations = Equations();
        HashSet<string> sections = [.. Headings().Matches(text).Select(match => match.Groups[1].Value)];
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
        string text = House.Read(Derivation);
        string[] labels = [.. Labels().Matches(text).Select(match => match.Groups[1].Value)];
        Assert.Equal(labels.Distinct(), labels);
        Assert.Empty(Numbers().Matches(text).Select(match => match.Groups[1].Value).Except(labels));
    }

    [Fact]
    public void Every_number_in_brackets_that_stands_alone_in_a_comment_exists_too()
    {
        HashSet<string> equations = Equations();
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

    [Fact]
    public void Every_section_names_the_tests_that_guard_it()
    {
        string[] missing = [.. Sections()
            .Where(section => !section.Text.Contains("\nGuard", StringComparison.Ordinal))
            .Select(section => section.Heading)];
        Assert.True(missing.Length == 0, string.Join('\n', missing));
    }

    [Fact]
    public void Every_test_that_a_guard_names_exists()
    {
        HashSet<string> names = [];
        foreach (string file in House.Files("Tests.cs", "Tests.fs"))
        {
            string text = House.Read(file);
            names.Add(Path.GetFileNameWithoutExtension(file));
            names.UnionWith(Quoted().Matches(text).Select(match => match.Groups[1].Value));
            names.UnionWith(Methods().Matches(text).Select(match => match.Groups[1].Value.Replace('_', ' ')));
        }

        List<string> unknown = [];
        int found = 0;
        foreach (string line in House.Read(Derivation).Split('\n').Where(line => line.StartsWith("Guard", StringComparison.Ordinal)))
        {
            foreach (Match emphasis in Emphasis().Matches(line))
            {
                string name = TestClass().Replace(emphasis.Groups[1].Value.Replace("\\*", "*"), "");
                found++;
                if (!names.Any(test => test.Contains(name, StringComparison.Ordinal)))
                    unknown.Add(emphasis.Groups[1].Value);
            }
        }

        Assert.True(unknown.Count == 0, string.Join('\n', unknown));
        Assert.True(found > 50, $"only {found} tests are named");
    }

    private static HashSet<string> Equations() =>
        [.. Labels().Matches(House.Read(Derivation)).Select(match => match.Groups[1].Value)];

    // A section that has subsections is guarded by theirs, and one whose guards stand in a later one says so there ("5.1 to 5.3").
    private static IEnumerable<(string Heading, string Text)> Sections()
    {
        string text = House.Read(Derivation);
        Match[] headings = Headings().Matches(text).ToArray();
        HashSet<string> shared = [.. Shared().Matches(text).SelectMany(match => Range(match.Groups[1].Value, match.Groups[2].Value))];
        for (int index = 0; index < headings.Length; index++)
        {
            string number = headings[index].Groups[1].Value;
            bool divided = headings.Any(heading => heading.Groups[1].Value.StartsWith(number + ".", StringComparison.Ordinal));
            int end = index + 1 < headings.Length ? headings[index + 1].Index : text.Length;
            if (!divided && !shared.Contains(number))
                yield return (headings[index].Value, text[headings[index].Index..end]);
        }
    }

    private static IEnumerable<string> Range(string first, string last)
    {
        string chapter = first.Split('.')[0];
        int start = int.Parse(first.Split('.')[1]), end = int.Parse(last.Split('.')[1]);
        return Enumerable.Range(start, end - start + 1).Select(number => $"{chapter}.{number}");
    }

    // Runs of comment lines as one text, so that a citation may be broken over lines.
    private static IEnumerable<string> Comments(string text) =>
        Runs().Matches(text).Select(run => Slashes().Replace(run.Value, " "));

    [GeneratedRegex(@"\((\d+\.\d+)\)")]
    private static partial Regex Numbers();

    // Behind an equation, at the end of its line.
    [GeneratedRegex(@" {2,}\((\d+\.\d+)\)$", RegexOptions.Multiline)]
    private static partial Regex Labels();

    // In brackets of its own: not the argument of a function, a factor or a divisor.
    [GeneratedRegex(@"(?<![\w/)])\((\d+\.\d+)\)")]
    private static partial Regex Bare();

    // What a comment says in a line, also behind code.
    [GeneratedRegex(@"(?<![:""])//.*$")]
    private static partial Regex Spoken();

    [GeneratedRegex(@"^#+ (\d+(?:\.\d+)?)\.? .*$", RegexOptions.Multiline)]
    private static partial Regex Headings();

    [GeneratedRegex(@"derivation(?:\.md)?,?(?:(?: to|,| and|,? sections?)? \(?\d+(?:\.\d+)?\)?)+")]
    private static partial Regex Cited();

    [GeneratedRegex(@"\d+(?:\.\d+)?")]
    private static partial Regex Plain();

    [GeneratedRegex(@"Guard for (\d+\.\d+) to (\d+\.\d+)")]
    private static partial Regex Shared();

    [GeneratedRegex(@"(?<!\\)\*((?:[^*]|\\\*)+?)(?<!\\)\*")]
    private static partial Regex Emphasis();

    [GeneratedRegex(@"^\w+Tests: ")]
    private static partial Regex TestClass();

    [GeneratedRegex("``([^`]+)``")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"(?:void|Task) (\w+)\(")]
    private static partial Regex Methods();

    [GeneratedRegex(@"(?:^ *//.*\n)+", RegexOptions.Multiline)]
    private static partial Regex Runs();

    [GeneratedRegex(@"\n? *///? ?")]
    private static partial Regex Slashes();
}
