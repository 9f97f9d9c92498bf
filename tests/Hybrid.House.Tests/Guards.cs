using System.Text;
using System.Text.RegularExpressions;

namespace Hybrid.House.Tests;

/// <summary>What a test says that it guards: a result "(2.16)" or a section "4.4" of the derivation, by a kind of witness.</summary>
internal sealed record Guard(string Of, string Kind, string Test);

/// <summary>
/// Traits "guards" of tests, of the form "(2.16) (2.17) by quadrature": which results of the derivation a test holds against what.
/// </summary>
internal static partial class Guards
{
    /// <summary>Kinds of witnesses and what they are.</summary>
    public static readonly (string Name, string Meaning)[] Kinds =
    [
        ("quadrature", "the integral that the result stands for, summed"),
        ("closed form", "another formula for it, for a special case or for a limit"),
        ("process", "means over draws of the Gram process, section 8"),
        ("network", "networks with weights"),
        ("published number", "numbers in print"),
        ("sampling", "means over random numbers of the law that the result is derived from"),
        ("property", "an identity, a bound or a symmetry that it must have"),
        ("reference", "another program's numbers, or another implementation's"),
    ];

    /// <summary>All guards, test by test.</summary>
    public static Guard[] All { get; } =
    [
        .. House.Files("Tests.cs", "Tests.fs", "Bridge.fs").SelectMany(file => Tagged().Matches(House.Read(file)).SelectMany(tagged =>
        {
            string name = tagged.Groups["name"].Value;
            string test = $"{Path.GetFileNameWithoutExtension(file)}: {(file.EndsWith(".cs") ? name.Replace('_', ' ') : name)}";
            return tagged.Groups["tag"].Captures.SelectMany(tag => Of(tag.Value, test));
        })),
    ];

    /// <summary>The page that lists them.</summary>
    public static string Page()
    {
        StringBuilder page = new();
        page.Append(
            """
            # What guards the theory

            Which tests hold which result of the [derivation](../theory/derivation.md), as the tests themselves say by a trait: at
            least two kinds of witness for every number and, further down, for every function. `dotnet test
            tests/Hybrid.Theory.Tests --filter guards~2.17` runs those of a number. Written from the tests by `UPDATE_SNAPSHOTS=1
            dotnet test tests/Hybrid.House.Tests`.

            | kind | what the result is held against |
            | --- | --- |

            """);
        foreach ((string name, string meaning) in Kinds)
            page.Append($"| {name} | {meaning} |\n");
        ILookup<string, Guard> guards = All.ToLookup(guard => guard.Of);
        page.Append("\n| result | section | tests |\n| --- | --- | --- |\n");
        for (int index = 0; index < Derivation.Sections.Length; index++)
        {
            (string number, string title, _) = Derivation.Sections[index];
            if (guards.Contains(number))
                Row(number, number, title);
            foreach ((string result, _) in Derivation.Results.Where(result => result.Section == index))
                Row($"({result})", number, title);
        }

        page.Append(
            """

            ## By function

            What the theory shows to others that computes something, the results that its comment names, and how many tests of each kind
            guard one of these and call the function, themselves or through others.

            | function | of the derivation | tests |
            | --- | --- | --- |

            """);
        foreach ((string name, string[] cites) in TheoryFunctions.All)
        {
            IEnumerable<string> counts = TheoryFunctions.GuardsOf(name, cites).GroupBy(guard => guard.Kind)
                .OrderBy(group => Array.FindIndex(Kinds, kind => kind.Name == group.Key))
                .Select(group => $"{group.Key} {group.DistinctBy(guard => guard.Test).Count()}");
            page.Append($"| {Escaped(name)} | {string.Join(", ", cites)} | {string.Join(", ", counts)} |\n");
        }

        return page.ToString();

        void Row(string of, string number, string title) =>
            page.Append($"| {of} | {number} {title} | {string.Join("; ", guards[of].GroupBy(guard => guard.Kind)
                .OrderBy(group => Array.FindIndex(Kinds, kind => kind.Name == group.Key))
                .Select(group => $"{group.Key}: {string.Join(", ", group.Select(guard => $"*{Escaped(guard.Test)}*"))}"))} |\n");
    }

    private static string Escaped(string text) => Marks().Replace(text, @"\$0");

    private static IEnumerable<Guard> Of(string tag, string test)
    {
        string[] halves = tag.Split(" by ");
        return halves[0].Split(' ').Select(of => new Guard(of, halves.Length == 2 ? halves[1] : "", test));
    }

    // Traits and what stands between them and the test's name: other attributes and comments.
    [GeneratedRegex(
        """
        (?x)
        (?: \[<?Trait\("guards",\ "(?<tag>[^"]*)"\)>?\] \s* (?: (?:\[|//) [^\n]* \n \s* )*? )+
        (?: let\ ``(?<name>[^`]+)`` | (?:public|member)\s [^\n(]*? (?<name>\w+) \( )
        """)]
    private static partial Regex Tagged();

    [GeneratedRegex(@"[*|_]")]
    private static partial Regex Marks();
}
