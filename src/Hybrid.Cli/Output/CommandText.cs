using System.CommandLine;
using System.Text.RegularExpressions;

namespace Hybrid.Cli.Output;

/// <summary>The command line as a shell would take it again.</summary>
internal static partial class CommandText
{
    /// <summary>"hybrid" and every word that was given.</summary>
    public static string Of(ParseResult parsed) => string.Join(' ', ["hybrid", .. parsed.Tokens.Select(token => Quoted(token.Value))]);

    private static string Quoted(string word) => Plain().IsMatch(word) ? word : $"'{word.Replace("'", "'\\''")}'";

    [GeneratedRegex(@"^[\w\-./=:,+@%]+$")]
    private static partial Regex Plain();
}
