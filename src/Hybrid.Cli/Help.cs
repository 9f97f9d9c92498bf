using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Hybrid.Cli.Shared;

namespace Hybrid.Cli;

/// <summary>The usual help at a fixed width, followed by the verb's examples and the exit codes.</summary>
internal sealed class Help : SynchronousCommandLineAction
{
    private readonly HelpAction _usual = new() { MaxWidth = 110 };

    /// <summary>Help wins over whatever else is wrong with the command line.</summary>
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        _usual.Invoke(parseResult);
        TextWriter output = parseResult.InvocationConfiguration.Output;
        if (parseResult.CommandResult.Command is Verb verb)
        {
            output.WriteLine(verb.Examples.Count == 1 ? "Example:" : "Examples:");
            foreach (string example in verb.Examples)
                output.WriteLine($"  {example}");
            output.WriteLine();
        }

        output.WriteLine(
            "Exit codes: 0 agrees or done, 1 disagrees or not reached, 2 bad input, 3 engine missing, 99 internal, 130 stopped.");
        return ExitCode.Agrees;
    }

    /// <summary>The verb of a failed command line, as the user would ask for its help: "check " or "".</summary>
    public static string VerbOf(ParseResult parsed) =>
        parsed.CommandResult.Command is Verb verb ? verb.Name + " " : "";
}
