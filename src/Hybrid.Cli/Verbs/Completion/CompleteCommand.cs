using System.CommandLine;
using Hybrid.Cli.Shared;

namespace Hybrid.Cli.Verbs;

/// <summary>hybrid complete, hidden: what could stand at a place of a command line; asked by the scripts of hybrid completion.</summary>
internal static class CompleteCommand
{
    public static Verb Create(Session session)
    {
        Verb verb = new("complete", "Answers the shell: one word a line that could stand at a place of a command line.") { Hidden = true };
        Option<int> position = Options.Integer("--position", "Characters before the cursor.", int.MaxValue, 0, int.MaxValue);
        Argument<string> line = new("LINE") { Description = "The command line so far." };
        verb.Options.Add(position);
        verb.Arguments.Add(line);
        return verb.Does(parsed =>
        {
            string text = parsed.GetRequiredValue(line);
            int cursor = Math.Min(parsed.GetValue(position), text.Length);
            // What stands behind the cursor says nothing about the word before it.
            text = text[..cursor];
            foreach (string answer in Answers(Root.Create(session).Parse(text), text))
                session.Terminal.Out.WriteLine(answer);
            return ExitCode.Agrees;
        });
    }

    /// <summary>
    /// The parser also offers words that contain the one before the
    /// cursor, which no shell would put there, and /h for help.
    /// </summary>
    private static IEnumerable<string> Answers(ParseResult parsed, string text) =>
        parsed.GetCompletions(text.Length)
            .Select(item => item.InsertText ?? item.Label)
            .Where(word => !word.StartsWith('/') && word.StartsWith(text[(text.LastIndexOf(' ') + 1)..], StringComparison.Ordinal));
}
