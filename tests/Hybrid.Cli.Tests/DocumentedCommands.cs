using System.Text.RegularExpressions;

namespace Hybrid.Cli.Tests;

/// <summary>The command lines of the documentation's code blocks, and smaller ones in place of those that take long.</summary>
internal static partial class DocumentedCommands
{
    private static readonly string[] SmallNetwork =
        ["--set", "depth=1", "--set", "tokens=8", "--set", "heads=2", "--set", "width=32", "--set", "mlpWidth=32"];

    /// <summary>README, the pages of docs and the packages' READMEs, relative to the repository.</summary>
    public static IEnumerable<string> Documents(string root) =>
        new[] { "README.md" }
            .Concat(Directory.GetFiles(Path.Combine(root, "docs"), "*.md"))
            .Concat(((string[])["src", "theory"]).SelectMany(folder => Directory.GetDirectories(Path.Combine(root, folder)))
                .Select(project => Path.Combine(project, "README.md")).Where(File.Exists))
            .Select(path => Path.GetRelativePath(root, Path.Combine(root, path)))
            .Order(StringComparer.Ordinal);

    /// <summary>The arguments of every line "hybrid …" in a code block, fenced or indented; what is piped on is left out.</summary>
    public static IEnumerable<string[]> Of(string document)
    {
        string joined = document.Replace("\r", "").Replace("\\\n", " ");
        foreach (string block in Fenced().Matches(joined).Select(match => match.Value)
            .Concat(Indented().Matches(joined).Select(match => match.Value)))
        {
            foreach (Match line in Command().Matches(block))
            {
                yield return [
                    .. Word().Matches(line.Groups[1].Value.Split(" #")[0].Split('|')[0]).Select(word => word.Value.Trim('\'', '"'))];
            }
        }
    }

    /// <summary>
    /// The same question about a small network, where the one that
    /// is asked takes longer than a reader of test results waits.
    /// </summary>
    public static string[] Smaller(string[] words)
    {
        if (words.Contains("--help") || words.Contains("--list"))
            return words;
        return words[0] switch
        {
            "check" or "simulate" => [.. Without(words, "--width", "--samples"), "--samples", "4", .. SmallNetwork],
            "diff" => [.. words, .. SmallNetwork],
            "train" when !words.Contains("--resume") => [.. Without(words, "--steps", "--warmup"), "--steps", "10", .. SmallNetwork],
            "predict" or "suggest" when words[1] is "config.json" or "gpt2" => [.. words, "--set", "depth=2", "--set", "tokens=8"],
            "sweep" => [
                .. Without(words, "--steps", "--samples").Select(word => Count().Replace(word, ":2")), .. Quick(words), .. SmallNetwork],
            "cells" when words.Contains("--slurm") => [.. words, "--no-submit"],
            "compare" => [.. words, "--set", "depth=2", "--set", "tokens=8"],
            "explore" => [.. words.Except(["--open"])],
            "phase" => [.. words.Select(word => Count().Replace(word, ":4"))],
            "experiment" when !words.Contains("--quick") => [.. words, "--quick", .. Unsubmitted(words)],
            _ => words,
        };
    }

    /// <summary>Steps and networks of the action, and no array submitted: the reader's cluster is not here.</summary>
    private static IEnumerable<string> Quick(string[] words) => (words[Array.IndexOf(words, "--do") + 1] switch
    {
        "train" => (string[])["--steps", "10"],
        "simulate" => ["--samples", "2"],
        _ => [],
    }).Concat(Unsubmitted(words));

    private static string[] Unsubmitted(string[] words) => words.Contains("--slurm") ? ["--no-submit"] : [];

    private static IEnumerable<string> Without(string[] words, params string[] options) =>
        words.Where((word, i) => !options.Contains(word) && (i == 0 || !options.Contains(words[i - 1])));

    [GeneratedRegex("^```.*?^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fenced();

    [GeneratedRegex(@"^    hybrid .*$", RegexOptions.Multiline)]
    private static partial Regex Indented();

    // Not the first line of an output, "hybrid 0.1.0 · …".
    [GeneratedRegex(@"^ *(?:\$ )?(?:hybrid|dotnet run -c Release --project src/Hybrid\.Cli --) ([a-z-].*)$", RegexOptions.Multiline)]
    private static partial Regex Command();

    [GeneratedRegex(@"'[^']*'|""[^""]*""|\S+")]
    private static partial Regex Word();

    [GeneratedRegex(@"(?<==.*:.*):\d+$")]
    private static partial Regex Count();
}
