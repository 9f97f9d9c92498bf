using System.Text.RegularExpressions;

namespace Hybrid.House.Tests;

/// <summary>What the theory shows to others that computes something: functions of modules, and types with methods.</summary>
internal static partial class TheoryFunctions
{
    /// <summary>Files of the theory and of all tests, in parts, with the parts that each calls.</summary>
    private static readonly Dictionary<SourcePart, SourcePart[]> _calls = SourceParts.Calls(
    [
        .. House.Files(".fs", ".cs").Where(file => file.StartsWith("theory/Hybrid.Theory/", StringComparison.Ordinal)
            || file.StartsWith("tests/", StringComparison.Ordinal) && !file.StartsWith("tests/Hybrid.House", StringComparison.Ordinal))
            .SelectMany(SourceParts.Of),
    ]);

    private static readonly ILookup<string, SourcePart> _parts = _calls.Keys.ToLookup(part => part.Name);

    /// <summary>All by name, as the sources have it, with the results and sections that its comment names.</summary>
    public static (string Name, string[] Cites)[] All { get; } =
    [
        .. PublicSurface.Functions(House.Assembly("Hybrid.Theory")).Select(name => (name, Cited(name))),
    ];

    /// <summary>
    /// The guards of a function: tests that call it, themselves or through others, and guard one of the results that its comment names.
    /// </summary>
    public static Guard[] GuardsOf(string name, string[] cites) =>
    [
        .. Guards.All.Where(guard => cites.Any(cited => Covers(cited, guard.Of)) && _reached[guard.Test].Contains(name)),
    ];

    private static readonly Dictionary<string, HashSet<string>> _reached = Guards.All.Select(guard => guard.Test).Distinct()
        .ToDictionary(test => test, test =>
        {
            string[] label = test.Split(": ", 2);
            HashSet<SourcePart> found = [.. _parts[$"{label[0]}.{label[1]}"], .. _parts[$"{label[0]}.{label[1].Replace(' ', '_')}"]];
            Stack<SourcePart> left = new(found);
            while (left.TryPop(out SourcePart? part))
            {
                foreach (SourcePart called in _calls[part].Where(found.Add))
                    left.Push(called);
            }

            return found.Select(part => part.Name).ToHashSet();
        });

    // By its own comment, else by its module's, else by that of the type which the module is named after.
    private static string[] Cited(string name)
    {
        SourcePart? part = _parts[name].FirstOrDefault();
        string[] comments = [part?.Comment ?? "", part?.HolderComment ?? "", _parts[name.Split('.')[0]].FirstOrDefault()?.Comment ?? ""];
        return comments.Select(Cites).FirstOrDefault(cites => cites.Length > 0, []);
    }

    private static string[] Cites(string comment) =>
    [
        .. Results().Matches(comment).Select(match => match.Value)
            .Concat(Sections().Matches(comment).SelectMany(match => Numbers().Matches(match.Value)).Select(match => match.Value))
            .Distinct(),
    ];

    // A section's number stands for all that is in it.
    private static bool Covers(string cited, string of)
    {
        if (cited == of)
            return true;
        int index = Array.FindIndex(Derivation.Results, result => $"({result.Number})" == of);
        string section = index < 0 ? of : Derivation.Sections[Derivation.Results[index].Section].Number;
        return section == cited || section.StartsWith($"{cited}.", StringComparison.Ordinal);
    }

    [GeneratedRegex(@"(?<![\w/)])\(\d+\.\d+\)")]
    private static partial Regex Results();

    [GeneratedRegex(@"(?:derivation|sections?) \d+(?:\.\d+)?(?:(?:,| and|, and) \d+(?:\.\d+)?)*(?![\w.]*\w)")]
    private static partial Regex Sections();

    [GeneratedRegex(@"\d+(?:\.\d+)?")]
    private static partial Regex Numbers();
}
