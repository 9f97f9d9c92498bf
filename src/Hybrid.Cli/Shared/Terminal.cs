using Hybrid.Cli.Output;

namespace Hybrid.Cli.Shared;

/// <summary>Where a run writes, and what the other end can show.</summary>
/// <param name="Out">Results, or one JSON document.</param>
/// <param name="Error">Progress and errors.</param>
/// <param name="Colour">Whether results may be coloured.</param>
/// <param name="LiveProgress">Whether progress may rewrite its line.</param>
public sealed record Terminal(TextWriter Out, TextWriter Error, bool Colour, bool LiveProgress)
{
    /// <summary>Columns of the window that results go to; null where they go into a file or a pipe.</summary>
    public int? Columns { get; init; }

    /// <summary>How long stdout and lines of progress are held back, in case that what was asked is refused.</summary>
    internal TimeSpan FirstMoments { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>The same, whose streams report and are not the work: one that is closed or full ends nothing.</summary>
    internal Terminal Forgiving() => this with
    {
        Out = new ResultWriter(Out, FirstMoments),
        Error = new ProgressWriter(Error, FirstMoments),
    };

    /// <summary>Writes a line of progress.</summary>
    internal void Progress(string line)
    {
        if (Error is ProgressWriter writer)
            writer.WriteProgress(line);
        else
            Error.WriteLine(line);
    }

    /// <summary>Writes a warning, one line.</summary>
    internal void Warn(string message) => Error.WriteLine($"hybrid: warning: {OneLine.Of(message)}");

    /// <summary>Plain writers, as in a pipe or a test.</summary>
    public static Terminal Plain(TextWriter output, TextWriter error) => new(output, error, false, false);

    /// <summary>The process's own streams; NO_COLOR (any value but the empty one) turns colour off.</summary>
    public static Terminal OfProcess()
    {
        bool noColour = !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"))
            || Environment.GetEnvironmentVariable("TERM") == "dumb";
        return new(
            Console.Out,
            Console.Error,
            !Console.IsOutputRedirected && !noColour,
            !Console.IsErrorRedirected && Environment.GetEnvironmentVariable("TERM") != "dumb")
        {
            Columns = Console.IsOutputRedirected || Console.WindowWidth <= 0 ? null : Console.WindowWidth,
        };
    }
}
