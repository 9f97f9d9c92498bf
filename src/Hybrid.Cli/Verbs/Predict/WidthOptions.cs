using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Hybrid.Architectures;
using Hybrid.Import.HuggingFace;
using Hybrid.Import.Json;
using Hybrid.Import.Records;

namespace Hybrid.Cli.Verbs;

/// <summary>--widths and --fixed-std: which networks a coordinate check compares.</summary>
internal sealed class WidthOptions
{
    private readonly Option<int[]?> _widths = new("--widths")
    {
        Description = "Also shows how every module's activations move with the width, such as 256,1024,4096: a coordinate check.",
        HelpName = "N,N,…",
        CustomParser = Parse,
    };

    private readonly Option<bool> _fixed = new("--fixed-std")
    {
        Description = "With --widths: weights keep their entries' standard deviations at every width, as those of a config.json always do.",
    };

    public WidthOptions(Command command)
    {
        command.Options.Add(_widths);
        command.Options.Add(_fixed);
    }

    /// <summary>Whether entries keep their standard deviations: a configuration's do, a record's where it is asked for.</summary>
    public bool Kept(ParseResult parsed, LoadedArchitecture loaded) => loaded.Import is not null || parsed.GetValue(_fixed);

    /// <summary>The architecture at every width; null where none are given.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="loaded">What was read, with every --set applied.</param>
    /// <param name="overridden">Applies every --set to what a configuration becomes at another width.</param>
    /// <exception cref="InputException">--set gives the width, too.</exception>
    /// <exception cref="InvalidArchitectureException">A width that the heads do not divide.</exception>
    public Architecture[]? Of(ParseResult parsed, LoadedArchitecture loaded, Func<Architecture, Architecture> overridden)
    {
        if (parsed.GetValue(_widths) is not { Length: > 0 } widths)
            return null;
        Architecture[] at = [.. widths.Select(width => ArchitectureModule.EnsureValid(At(width)))];
        return at.Any(architecture => !widths.Contains(architecture.Width))
            ? throw new InputException("--widths and --set width=… both give the width; give one of them")
            : at;

        Architecture At(int width) => loaded.Import is ImportReport import
            ? overridden(ArchitectureWidth.At(import.Model, width))
            : Kept(parsed, loaded)
                ? ArchitectureWidth.WithEntriesKept(loaded.Architecture, width)
                : ArchitectureWidth.At(loaded.Architecture, width);
    }

    private static int[]? Parse(ArgumentResult result)
    {
        string text = string.Join(',', result.Tokens.Select(token => token.Value));
        List<int> widths = [];
        foreach (string part in text.Split(','))
        {
            if (int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int width)
                && width is >= 1 and <= ArchitectureModule.LargestSize)
            {
                widths.Add(width);
            }
        }

        if (widths.Distinct().Count() >= 2 && widths.Count == text.Split(',').Length)
            return [.. widths];
        result.AddError(
            $"--widths must be two or more integers from 1 to {ArchitectureModule.LargestSize}, such as 256,1024,4096, got '{text}'.");
        return null;
    }
}
