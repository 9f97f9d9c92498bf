using System.Text.RegularExpressions;

namespace Hybrid.House.Tests;

/// <summary>
/// A function of a module, a member of a C# class or a whole F# type: "Holder.name" or "Holder", and the name that C# has for it.
/// </summary>
internal sealed class SourcePart(string name, string compiled, string comment, string holderComment)
{
    public string Name => name;

    public string Compiled => compiled;

    /// <summary>Its module's or its class's name.</summary>
    public string Holder => name.Split('.')[0];

    /// <summary>What is said before it.</summary>
    public string Comment => comment;

    /// <summary>What is said before its module.</summary>
    public string HolderComment => holderComment;

    /// <summary>Its lines, without comments.</summary>
    public List<string> Lines { get; } = [];
}

/// <summary>Sources in parts, and which of them a part calls, by the names that stand in it.</summary>
internal static partial class SourceParts
{
    /// <summary>The parts of a file.</summary>
    public static SourcePart[] Of(string file) => file.EndsWith(".fs", StringComparison.Ordinal) ? FSharp(file) : CSharp(file);

    /// <summary>
    /// What each of some parts calls: names that are qualified, names of its own holder that it does not bind itself, and types. A name
    /// that it binds and uses in a part's sense as well is missed; one whose like is bound deeper inside is taken for a call.
    /// </summary>
    public static Dictionary<SourcePart, SourcePart[]> Calls(SourcePart[] parts)
    {
        ILookup<string, SourcePart> byName = parts
            .SelectMany(part => ((string[])[part.Name, part.Compiled]).Distinct().Select(name => (name, part)))
            .ToLookup(item => item.name, item => item.part);
        return parts.ToDictionary(part => part, part =>
        {
            string text = string.Join('\n', part.Lines);
            string head = Quoted().Replace(text, "").Split([" =", "{"], 2, StringSplitOptions.None)[0];
            HashSet<string> bound =
                [.. Words().Matches(head).Concat(Bound().Matches(text)).Select(match => match.Groups["word"].Value)];
            return (SourcePart[])
            [
                .. Qualified().Matches(text).SelectMany(match => byName[match.Value])
                    .Concat(Words().Matches(text).Select(match => match.Groups["word"].Value).Distinct().SelectMany(word =>
                        bound.Contains(word) ? byName[word] : byName[word].Concat(byName[$"{part.Holder}.{word}"])))
                    .Distinct()
                    .Where(called => called != part),
            ];
        });
    }

    // A type is one part, and so is what a module's line "let" begins. What is nested deeper belongs to it.
    private static SourcePart[] FSharp(string file)
    {
        List<SourcePart> parts = [];
        string module = "", ofModule = "", margin = "", comment = "", compiled = "";
        bool inType = false;
        foreach (string line in House.Read(file).Split('\n'))
        {
            if (Comments().Match(line) is { Success: true } said)
            {
                comment += said.Groups[1].Value + " ";
                continue;
            }

            if (line.TrimStart().StartsWith("[<", StringComparison.Ordinal))
            {
                compiled = CompiledNames().Match(line) is { Success: true } named ? named.Groups[1].Value : compiled;
                continue;
            }

            Match holds = Holders().Match(line), begins = Functions().Match(line);
            string name = (holds.Success ? holds : begins).Groups["name"].Value.Trim('`');
            if (holds.Groups["kind"].Value == "module")
            {
                (module, ofModule, margin, inType) = (name, comment, line.EndsWith('=') ? "    " : "", false);
            }
            else if (holds.Success)
            {
                inType = true;
                parts.Add(new SourcePart(name, name, comment, ""));
            }
            else if (begins.Success && begins.Groups["margin"].Value == margin && !(inType && margin != ""))
            {
                inType = false;
                parts.Add(new SourcePart($"{module}.{name}", $"{module}.{(compiled == "" ? name : compiled)}", comment, ofModule));
            }

            Add(parts, line);
            comment = compiled = "";
        }

        return [.. parts];
    }

    private static SourcePart[] CSharp(string file)
    {
        List<SourcePart> parts = [];
        string holder = "";
        foreach (string line in House.Read(file).Split('\n'))
        {
            if (Classes().Match(line) is { Success: true } holds)
                holder = holds.Groups[1].Value;
            else if (Members().Match(line) is { Success: true } begins)
                parts.Add(new SourcePart($"{holder}.{begins.Groups[1].Value}", $"{holder}.{begins.Groups[1].Value}", "", ""));
            Add(parts, line);
        }

        return [.. parts];
    }

    private static void Add(List<SourcePart> parts, string line)
    {
        if (parts.Count > 0)
            parts[^1].Lines.Add(Spoken().Replace(line, ""));
    }

    [GeneratedRegex(@"^(?<kind>module|type|and) (?:private |internal )?(?:[\w.]+\.)?(?<name>\w+)")]
    private static partial Regex Holders();

    [GeneratedRegex(@"^(?<margin> *)let (?:inline |rec |mutable )*(?:private |internal )?(?:inline )?(?<name>\w+|``[^`]+``)")]
    private static partial Regex Functions();

    [GeneratedRegex(@"^(?: {4})?/// ?(.*)$")]
    private static partial Regex Comments();

    [GeneratedRegex(@"^ *\[<CompiledName\(""(\w+)""\)>\]$")]
    private static partial Regex CompiledNames();

    [GeneratedRegex(@"^(?:\w+ )*(?:class|record|struct) (\w+)")]
    private static partial Regex Classes();

    [GeneratedRegex(@"^    (?:public|private|internal|protected) [^(={]*?(\w+)(?:<\w+>)?(?:\(| =| \{|;|$)")]
    private static partial Regex Members();

    [GeneratedRegex(@"\b[A-Z]\w*\.\w+")]
    private static partial Regex Qualified();

    [GeneratedRegex(@"(?<![.\w`])(?<word>\w+)")]
    private static partial Regex Words();

    [GeneratedRegex("``[^`]*``")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"\blet (?:mutable )?(?<word>\w+)\b(?! = \k<word>\b)")]
    private static partial Regex Bound();

    [GeneratedRegex(@"(?<![:""])//.*$")]
    private static partial Regex Spoken();
}
