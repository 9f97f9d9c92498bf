using System.CommandLine;
using Hybrid.Architectures;
using Hybrid.Cli.Output;
using Hybrid.Cli.Shared;
using Hybrid.Import.Json;
using Hybrid.Lab.Engines;
using Hybrid.Theory;

namespace Hybrid.Cli;

/// <summary>The command hybrid: parses, runs one verb, turns every failure into one message and an exit code.</summary>
public static class Cli
{
    // @FILE is no response file: no documented argument begins so, and a file's words would be options.
    private static readonly ParserConfiguration Syntax = new() { ResponseFileTokenReplacer = null };

    /// <summary>Runs the command on plain writers with its own engines.</summary>
    public static int Run(string[] args, TextWriter stdout, TextWriter stderr) => Run(args, Terminal.Plain(stdout, stderr));

    /// <summary>Runs the command until it ends or Ctrl-C or SIGTERM stops it.</summary>
    public static int Run(string[] args, Terminal terminal)
    {
        using Interruption interruption = new(terminal.Error);
        return Run(
            args, new Session(terminal, BuiltEngines.Catalogue, interruption.Token) { TimeIsOver = () => interruption.TimeIsOver });
    }

    /// <summary>Runs the command in a given session.</summary>
    public static int Run(string[] args, Session session)
    {
        session = session with { Terminal = session.Terminal.Forgiving() };
        using ResultWriter output = (ResultWriter)session.Terminal.Out;
        using ProgressWriter progress = (ProgressWriter)session.Terminal.Error;
        int code;
        bool leavesFiles = false;
        try
        {
            ParseResult parsed = Root.Create(session, args.FirstOrDefault()).Parse(args is [] ? ["--help"] : args, Syntax);
            if (parsed.Errors.Count > 0 && parsed.Action is not Help)
                return Fail(session, ExitCode.BadInput, $"{Complaint(parsed)} See hybrid {Help.VerbOf(parsed)}--help.");
            leavesFiles = parsed.CommandResult.Command is Verb { LeavesFiles: true };
            code = parsed.Invoke(new InvocationConfiguration
            {
                Output = session.Terminal.Out,
                Error = session.Terminal.Error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            });
            output.Flush();
        }
        catch (Exception error)
        {
            return Report(session, Innermost(error));
        }

        progress.Release();
        if (output.Failure is not Exception failure)
            return code;
        if (!leavesFiles)
            return Report(session, failure);
        session.Terminal.Warn($"stdout could not be written ({Unstopped(failure)}); the result is in the files");
        return code;
    }

    /// <summary>What is wrong with a command line that does not parse; a word that nothing takes comes first.</summary>
    private static string Complaint(ParseResult parsed)
    {
        if (parsed.UnmatchedTokens.Count == 0)
            return parsed.Errors[0].Message;
        Command command = parsed.CommandResult.Command;
        string[] names = [.. command.Subcommands.Where(verb => !verb.Hidden).Select(verb => verb.Name),
            .. command.Options.Select(option => option.Name)];
        string word = parsed.UnmatchedTokens[0];
        return $"'{word}' is not understood{NearestName.QuestionOrStop(word, names)} It must be one of {string.Join(", ", names)}.";
    }

    private static int Report(Session session, Exception error) => error switch
    {
        InputException or InvalidArchitectureException or TheoryException => Fail(session, ExitCode.BadInput, error.Message),
        EngineMissingException => Fail(session, ExitCode.EngineMissing, error.Message),
        OperationCanceledException => Fail(session, ExitCode.Cancelled, "stopped; nothing was half-written"),
        OutOfMemoryException => Fail(
            session,
            ExitCode.BadInput,
            "the architecture does not fit into memory; give a smaller --set width=…, mlpWidth=… or tokens=…"),
        IOException or UnauthorizedAccessException => Fail(
            session,
            ExitCode.BadInput,
            $"a file or stream cannot be read or written ({Unstopped(error)}); make room or give access"),
        _ => Fail(session, ExitCode.Internal, $"internal error, please report it: {error.GetType().Name}: {error.Message}"),
    };

    private static string Unstopped(Exception error) => error.Message.TrimEnd('.');

    private static int Fail(Session session, int code, string message)
    {
        if (session.Terminal is { Out: ResultWriter output, Error: ProgressWriter progress })
        {
            output.Drop();
            progress.Drop();
        }

        // Where nobody can be told, the exit code still says it.
        session.Terminal.Error.WriteLine($"hybrid: {OneLine.Of(message)}");
        return code;
    }

    /// <summary>Parallel loops wrap what they throw; the first cause is what the user can act on.</summary>
    private static Exception Innermost(Exception error) =>
        error is AggregateException aggregate ? Innermost(aggregate.Flatten().InnerExceptions[0]) : error;
}
