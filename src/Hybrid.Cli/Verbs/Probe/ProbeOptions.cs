using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Hybrid.Cli.Shared;
using Hybrid.Import.Files;
using Hybrid.Import.Json;
using Hybrid.Lab.Probes;

namespace Hybrid.Cli.Verbs;

/// <summary>The options of hybrid probe.</summary>
internal sealed class ProbeOptions
{
    private const int MostSequences = 4096, MostExponents = 64;

    private readonly Argument<string> _folder = new("FOLDER")
    {
        Description =
            "A Hugging Face checkpoint (config.json, model.safetensors or its parts), a run of hybrid train, or a folder of steps.",
    };

    private readonly Option<string?> _text = new("--text")
    {
        Description = "A text to probe with, through the checkpoint's tokenizer.",
        HelpName = "FILE",
    };

    private readonly Option<string?> _ids = new("--ids")
    {
        Description = "Tokens to probe with: one sequence of token numbers a line.",
        HelpName = "FILE",
    };

    private readonly Option<string?> _compare = new("--compare")
    {
        Description = "Another checkpoint or step to measure on the same plan and set beside.",
        HelpName = "OTHER",
    };

    private readonly Option<string?> _figure = new("--figure") { Description = "Write the figure.", HelpName = "FILE.svg" };

    private readonly Option<bool> _quick = new("--quick")
    {
        Description = "Leave out gradients, operator norms and the bounds that need them.",
    };

    private readonly Option<bool> _table = new("--table") { Description = "Also show every layer, and every layer's weights." };

    private readonly Option<int?> _tokens = Optional(
        "--tokens", $"Tokens of a sequence; at most {ProbeInput.UsualTokens} and what the network reads, if not given.", 2, 65_536);

    private readonly Option<int> _sequences = Options.Integer("--sequences", "Sequences to probe with.", 4, 1, MostSequences);

    private readonly Option<int> _exponents = Options.Integer(
        "--exponents", "Leading Lyapunov exponents of every block to measure, both ways; each costs some five passes.",
        0, 0, MostExponents);

    private readonly Option<(int First, int Last)?> _layers = new("--layers")
    {
        Description = "Layers over which growth is fitted; 2 to the last but one if not given, all of fewer than 8.",
        HelpName = "A-B",
        CustomParser = ParseLayers,
    };

    private readonly Option<int> _threads = Options.Threads();
    private readonly Option<string?> _device = DeviceOptions.Device();
    private readonly Option<string?> _precision = DeviceOptions.Precision();
    private readonly Option<string?> _engine;
    private readonly NetworkCatalogue _engines;

    public ProbeOptions(Command command, NetworkCatalogue engines)
    {
        _engines = engines;
        _engine = Options.Engine("What runs the network: dense or torch.", engines.Default);
        command.Arguments.Add(_folder);
        Option[] options =
        [
            _text, _ids, _tokens, _sequences, _layers, _exponents, _quick, _table, _compare, _figure,
            _engine, _device, _precision, _threads,
        ];
        foreach (Option option in options)
            command.Options.Add(option);
    }

    /// <summary>The folder that is probed.</summary>
    public string Folder(ParseResult parsed) => parsed.GetRequiredValue(_folder);

    /// <summary>The folder that is set beside it, or null.</summary>
    public string? Other(ParseResult parsed) => parsed.GetValue(_compare);

    /// <summary>Whether tables of every layer are shown.</summary>
    public bool Table(ParseResult parsed) => parsed.GetValue(_table);

    /// <summary>Where the figure goes, or null.</summary>
    public string? Figure(ParseResult parsed)
    {
        string? figure = parsed.GetValue(_figure);
        if (figure is not null)
        {
            if (!figure.EndsWith(".svg", StringComparison.OrdinalIgnoreCase))
                throw new InputException($"--figure must be a file that ends in .svg, got '{figure}'");
            AtomicFile.EnsureReachable(figure, "--figure");
        }

        return figure;
    }

    /// <summary>What is measured.</summary>
    public ProbePlan Plan(ParseResult parsed, ulong seed)
    {
        (string? text, string? ids) = (parsed.GetValue(_text), parsed.GetValue(_ids));
        if (text is not null && ids is not null)
            throw new InputException("--text and --ids are two inputs; give one of them");
        return new(
            parsed.GetValue(_tokens),
            parsed.GetValue(_sequences),
            text,
            ids,
            parsed.GetValue(_layers),
            parsed.GetValue(_exponents),
            parsed.GetValue(_quick),
            seed,
            Options.ThreadsOf(parsed, _threads))
        {
            Engine = _engines.Find(
                parsed.GetValue(_engine) ?? _engines.Default, new(parsed.GetValue(_device), parsed.GetValue(_precision))),
        };
    }

    private static Option<int?> Optional(string name, string description, int least, int most) => new(name)
    {
        Description = description,
        HelpName = "N",
        CustomParser = result =>
        {
            string text = string.Join(' ', result.Tokens.Select(token => token.Value));
            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value >= least && value <= most)
                return value;
            result.AddError($"{name} must be an integer from {least} to {most}, got '{text}'.");
            return null;
        },
    };

    private static (int First, int Last)? ParseLayers(ArgumentResult result)
    {
        string text = string.Join(' ', result.Tokens.Select(token => token.Value));
        if (text.Split('-') is [string first, string last]
            && int.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out int from)
            && int.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out int to) && from < to)
        {
            return (from, to);
        }

        result.AddError($"--layers must be A-B with layers A < B, such as 2-11, got '{text}'.");
        return null;
    }
}
