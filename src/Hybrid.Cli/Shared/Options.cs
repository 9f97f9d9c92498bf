using System.CommandLine;
using System.CommandLine.Completions;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Numerics;
using Hybrid.Architectures;
using Hybrid.Import.Json;
using Hybrid.Import.Records;

namespace Hybrid.Cli.Shared;

/// <summary>Options and arguments that several verbs share, each with its range in its error message.</summary>
internal static class Options
{
    public static Argument<string> Architecture()
    {
        Argument<string> argument = new("ARCH")
        {
            Description = "A preset (see hybrid presets), an architecture JSON file or a Hugging Face config.json.",
        };
        CompletePresets(argument);
        return argument;
    }

    /// <summary>Presets as answers; files are the shell's to complete.</summary>
    public static void CompletePresets(Argument argument) =>
        Complete(argument, () => Presets.All.Select(preset => preset.Architecture.Name));

    /// <summary>Words to answer the shell with; help would show them in place of the argument's name.</summary>
    public static void Complete(Argument argument, Func<IEnumerable<string>> words)
    {
        argument.HelpName = argument.Name;
        argument.CompletionSources.Add(_ => words().Select(word => new CompletionItem(word)));
    }

    public static Option<bool> Json() => new("--json")
    {
        Description = "Write one JSON document to stdout and nothing else.",
    };

    public static Option<ulong> Seed() =>
        Integer("--seed", "Seed of every random number; equal seeds give equal results.", 1UL, 0UL, ulong.MaxValue);

    public static Option<string[]> Set()
    {
        Option<string[]> option = new("--set")
        {
            Description = "Change one field, such as mlp.inStd=2 or attention.branch=[1,0.5]; repeatable.",
            HelpName = "path=value",
            Arity = ArgumentArity.OneOrMore,
            DefaultValueFactory = _ => [],
        };
        option.CompletionSources.Add(_ => ArchitectureOverrides.Paths.Select(path => new CompletionItem($"{path}=")));
        return option;
    }

    public static Option<int> Samples(int standard, int least, string description) =>
        Integer("--samples", description, standard, least, 1_000_000);

    public static Option<int> Threads() =>
        Integer("--threads", "Threads to use, all cores if not given; results do not depend on it.", null, 1, 1024);

    public static Option<int> Width(string standard = "ARCH's own if not given") =>
        Integer("--width", $"Width to simulate at, {standard}; the MLP's width follows in proportion, heads stay.", null, 1, 1 << 24);

    /// <summary>The architecture at the value of <see cref="Width"/>, else at the standard one, else as it is.</summary>
    public static Architecture AtWidth(ParseResult parsed, Option<int> width, Architecture architecture, int? standard = null) =>
        (parsed.GetValue(width) is int value and > 0 ? value : standard) is int chosen
            ? ArchitectureModule.EnsureValid(ArchitectureWidth.At(architecture, chosen))
            : architecture;

    public static Option<long?> Memory() => new("--memory")
    {
        Description = "Most memory for the engines' buffers, in bytes or as 512MiB or 4GiB; "
            + "half of what there is if not given. Results do not depend on it.",
        HelpName = "SIZE",
        CustomParser = ParseMemory,
    };

    private static long? ParseMemory(ArgumentResult result)
    {
        string text = result.Tokens.Count == 1 ? result.Tokens[0].Value : string.Join(' ', result.Tokens);
        (string number, int shift) = text switch
        {
            _ when text.EndsWith("KiB", StringComparison.Ordinal) => (text[..^3], 10),
            _ when text.EndsWith("MiB", StringComparison.Ordinal) => (text[..^3], 20),
            _ when text.EndsWith("GiB", StringComparison.Ordinal) => (text[..^3], 30),
            _ => (text, 0),
        };
        if (double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value))
        {
            double bytes = value * (1L << shift);
            if (bytes >= 1 && bytes < long.MaxValue)
                return (long)bytes;
        }

        result.AddError($"--memory must be bytes or a size such as 512MiB or 4GiB, got '{text}'.");
        return null;
    }

    public static Option<string?> Engine(
        string description = "What measures: conditioned, dense or torch; if not given, the first of them that can draw such networks.")
    {
        Option<string?> option = new("--engine")
        {
            Description = description,
            HelpName = "conditioned|dense|torch",
        };
        option.CompletionSources.Add("conditioned", "dense", "torch");
        return option;
    }

    /// <summary>What runs networks with real weights that are learnt or given.</summary>
    public static Option<string?> Engine(string description, string standard)
    {
        Option<string?> option = new("--engine")
        {
            Description = description,
            HelpName = "dense|torch",
            DefaultValueFactory = _ => standard,
        };
        option.CompletionSources.Add("dense", "torch");
        return option;
    }

    /// <summary>The value of <see cref="Threads"/>.</summary>
    public static int ThreadsOf(ParseResult parsed, Option<int> threads) =>
        parsed.GetValue(threads) is int count and > 0 ? count : Environment.ProcessorCount;

    /// <summary>Whether the command line has the option, rather than its default.</summary>
    public static bool Given(ParseResult parsed, Option option) => parsed.GetResult(option) is { Implicit: false };

    /// <summary>A number option whose error names the legal range.</summary>
    public static Option<double> Number(string name, string description, double standard, NumberRange range, string? infinity = null)
    {
        double Parse(ArgumentResult result)
        {
            string text = result.Tokens.Count == 1 ? result.Tokens[0].Value : string.Join(' ', result.Tokens);
            if (text == infinity)
                return double.PositiveInfinity;
            if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && range.Contains(value))
                return value;
            result.AddError($"{name} must be {range.Legal}{(infinity is null ? "" : $" or '{infinity}'")}, got '{text}'.");
            return default;
        }

        return new Option<double>(name)
        {
            Description = description,
            HelpName = infinity is null ? "X" : $"X|{infinity}",
            CustomParser = Parse,
            DefaultValueFactory = _ => standard,
        };
    }

    /// <summary>An option that takes one of a few words; without a default it is null where it is not given.</summary>
    public static Option<string?> Choice(string name, string description, string? standard, IEnumerable<string> words)
    {
        string[] legal = [.. words];
        string? Parse(ArgumentResult result)
        {
            string text = result.Tokens.Count == 1 ? result.Tokens[0].Value : string.Join(' ', result.Tokens);
            if (legal.Contains(text))
                return text;
            result.AddError($"{name} must be one of {string.Join(", ", legal)}, got '{text}'{NearestName.Question(text, legal)}");
            return null;
        }

        Option<string?> option = new(name)
        {
            Description = description,
            HelpName = string.Join('|', legal),
            CustomParser = Parse,
            DefaultValueFactory = standard is null ? null : _ => standard,
        };
        option.CompletionSources.Add(legal);
        return option;
    }

    /// <summary>An integer option whose error names the legal range.</summary>
    public static Option<T> Integer<T>(string name, string description, T? standard, T least, T greatest)
        where T : struct, IBinaryInteger<T>
    {
        T Parse(ArgumentResult result)
        {
            string text = result.Tokens.Count == 1 ? result.Tokens[0].Value : string.Join(' ', result.Tokens);
            if (T.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out T value)
                && value >= least && value <= greatest)
            {
                return value;
            }

            result.AddError($"{name} must be an integer from {least} to {greatest}, got '{text}'.");
            return default;
        }

        return new Option<T>(name)
        {
            Description = description,
            HelpName = "N",
            CustomParser = Parse,
            DefaultValueFactory = standard is T value ? _ => value : null,
        };
    }
}
