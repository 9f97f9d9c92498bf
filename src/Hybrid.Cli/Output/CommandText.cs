using System.CommandLine;
using System.Text.RegularExpressions;
using Hybrid.Lab.Data;

namespace Hybrid.Cli.Output;

/// <summary>The command line as a shell would take it again.</summary>
internal static partial class CommandText
{
    /// <summary>
    /// "hybrid" and every word that was given. A page goes to others, whom a path from the root tells who made it where: the name of the
    /// file or folder stands for it.
    /// </summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="untold">Options whose values are left out.</param>
    public static string Of(ParseResult parsed, params string[] untold)
    {
        List<string> words = ["hybrid"];
        foreach (string word in parsed.Tokens.Select(token => token.Value))
            words.Add(Quoted(untold.Contains(words[^1]) ? DataDescription.Untold : Local(word)));
        return string.Join(' ', words);
    }

    /// <summary>A path without what lies between the root and its last name.</summary>
    public static string Local(string word)
    {
        int start = word.IndexOf('=') + 1;
        string path = Path.TrimEndingDirectorySeparator(word[start..]);
        return Path.IsPathRooted(path) && Path.GetFileName(path) is { Length: > 0 } name ? word[..start] + name : word;
    }

    private static string Quoted(string word) => Plain().IsMatch(word) ? word : $"'{word.Replace("'", "'\\''")}'";

    [GeneratedRegex(@"^[\w\-./=:,+@%]+$")]
    private static partial Regex Plain();
}
