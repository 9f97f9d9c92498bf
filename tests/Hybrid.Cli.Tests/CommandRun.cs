using Hybrid.Cli.Shared;
using Hybrid.Lab.Engines;
using Hybrid.Lab.Training;

namespace Hybrid.Cli.Tests;

/// <summary>The command run once in this process through its one entry point, with what it wrote.</summary>
internal sealed record CommandRun(int ExitCode, string Output, string Error)
{
    /// <summary>stderr without the stages that check reports there.</summary>
    public string Progress =>
        string.Concat(Error.Split('\n').Where(line => line != "" && !line.Contains(": predicting") && !line.Contains(": simulating")));

    /// <summary>With the engines of the build.</summary>
    public static CommandRun Of(params string[] args)
    {
        using StringWriter output = new() { NewLine = "\n" }, error = new() { NewLine = "\n" };
        int code = Cli.Run(args, Plain(output, error));
        return new(code, output.ToString(), error.ToString());
    }

    /// <summary>With the engines of the build, for somebody who may have stopped it.</summary>
    public static CommandRun Of(CancellationToken cancellation, params string[] args)
    {
        using StringWriter output = new() { NewLine = "\n" }, error = new() { NewLine = "\n" };
        int code = Cli.Run(args, new Session(Plain(output, error), BuiltEngines.Catalogue, cancellation));
        return new(code, output.ToString(), error.ToString());
    }

    /// <summary>With one trainer of the test's choice.</summary>
    public static CommandRun Of(TrainerEntry trainer, CancellationToken cancellation, params string[] args)
    {
        using StringWriter output = new() { NewLine = "\n" }, error = new() { NewLine = "\n" };
        Session session = new(Plain(output, error), BuiltEngines.Catalogue, cancellation) { Trainers = new([trainer]) };
        int code = Cli.Run(args, session);
        return new(code, output.ToString(), error.ToString());
    }

    /// <summary>With one engine of the test's choice.</summary>
    public static CommandRun Of(EngineEntry engine, params string[] args) => Of(engine, CancellationToken.None, args);

    public static CommandRun Of(EngineEntry engine, CancellationToken cancellation, params string[] args)
    {
        using StringWriter output = new() { NewLine = "\n" }, error = new() { NewLine = "\n" };
        int code = Cli.Run(args, new Session(Plain(output, error), new EngineCatalogue([engine]), cancellation));
        return new(code, output.ToString(), error.ToString());
    }

    /// <summary>What is refused is refused in one line, however long this machine takes to find out.</summary>
    private static Terminal Plain(TextWriter output, TextWriter error) =>
        Terminal.Plain(output, error) with { FirstMoments = Timeout.InfiniteTimeSpan };
}
