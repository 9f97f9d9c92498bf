using System.CommandLine;
using Hybrid.Architectures;
using Hybrid.Import.Records;

namespace Hybrid.Cli.Shared;

/// <summary>The three options that every verb takes: --json, --seed and --set.</summary>
internal sealed class CommonOptions
{
    private readonly Option<bool> _json = Options.Json();
    private readonly Option<ulong> _seed = Options.Seed();
    private readonly Option<string[]> _set = Options.Set();

    public CommonOptions(Command command)
    {
        command.Options.Add(_json);
        command.Options.Add(_seed);
        command.Options.Add(_set);
    }

    public bool Json(ParseResult parsed) => parsed.GetValue(_json);

    public ulong Seed(ParseResult parsed) => parsed.GetValue(_seed);

    /// <summary>The seed, or <paramref name="stored"/> where none is given.</summary>
    public ulong Seed(ParseResult parsed, ulong? stored) => Options.Given(parsed, _seed) ? Seed(parsed) : stored ?? Seed(parsed);

    /// <summary>The architecture with every --set applied.</summary>
    public Architecture Apply(ParseResult parsed, Architecture architecture) =>
        ArchitectureOverrides.Apply(architecture, Assignments(parsed));

    /// <summary>Every --set as it was given.</summary>
    public string[] Assignments(ParseResult parsed) => parsed.GetValue(_set) ?? [];
}
