using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Hybrid.Architectures;
using Hybrid.Import;
using Hybrid.Import.HuggingFace;

namespace Hybrid.Cli.Shared;

/// <summary>How every verb that takes ARCH loads it: --residual-scaling for what is imported, then --set.</summary>
internal sealed class ArchitectureLoading
{
    private static readonly string[] BranchWeights = ["attention.branch", "mlp.branch"];

    private readonly CommonOptions _common;

    private readonly Option<ResidualScaling?> _scaling = new("--residual-scaling")
    {
        Description = "Of a Hugging Face config.json: whether its code scales W_O and W_2 by 1/√(2L); as the family does if not given.",
        HelpName = "none|depth",
        CustomParser = Parse,
    };

    public ArchitectureLoading(Command command, CommonOptions common)
    {
        _common = common;
        _scaling.CompletionSources.Clear();
        _scaling.CompletionSources.Add("none", "depth");
        command.Options.Add(_scaling);
    }

    /// <summary>The architecture that <paramref name="source"/> names, with every --set applied.</summary>
    public LoadedArchitecture Load(ParseResult parsed, string source)
    {
        LoadedArchitecture loaded = ArchitectureSource.Read(source, parsed.GetValue(_scaling), Tokens(parsed));
        Architecture architecture = _common.Apply(parsed, loaded.Architecture);
        return new(architecture, loaded.Import is ImportReport import ? Warned(import, _common.Assignments(parsed)) : null);
    }

    /// <summary>
    /// The other reading of what <see cref="Load"/> gave: the residual scaling that was not taken, with every --set applied. Null where
    /// nothing was imported or the scaling changes no signal.
    /// </summary>
    public Architecture? OtherScaling(ParseResult parsed, string source, LoadedArchitecture loaded)
    {
        if (loaded.Import is not ImportReport import)
            return null;
        ResidualScaling other = import.Scaling == ResidualScaling.Depth ? ResidualScaling.None : ResidualScaling.Depth;
        Architecture read = _common.Apply(parsed, ArchitectureSource.Read(source, other, Tokens(parsed)).Architecture);
        return read.Norm.OnBranch || read.Equals(loaded.Architecture) ? null : read;
    }

    // What is no number of tokens is refused where it is set.
    private int? Tokens(ParseResult parsed)
    {
        const string Path = "tokens";
        string? given = _common.Assignments(parsed)
            .Select(assignment => assignment.Split('=', 2))
            .LastOrDefault(parts => parts.Length == 2 && parts[0].Trim() == Path)?[1];
        return int.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out int tokens)
            && tokens is >= 1 and <= ArchitectureModule.LargestSize ? tokens : null;
    }

    /// <summary>
    /// The scaling stands in the branch weights, so that setting
    /// these takes it out, and setting both would count it twice.
    /// </summary>
    private static ImportReport Warned(ImportReport import, string[] assignments)
    {
        string[] replaced = [.. BranchWeights.Where(path => assignments.Any(assignment => assignment.Split('=')[0].Trim() == path))];
        return replaced.Length == 0 || import.Scaling == ResidualScaling.None
            ? import
            : import with
            {
                Notes = [.. import.Notes,
                    $"--set {string.Join(" and ", replaced)} replaces the residual scaling there, it does not multiply it"],
            };
    }

    private static ResidualScaling? Parse(ArgumentResult result)
    {
        string text = string.Join(' ', result.Tokens.Select(token => token.Value));
        switch (text)
        {
            case "none":
                return ResidualScaling.None;
            case "depth":
                return ResidualScaling.Depth;
            default:
                result.AddError($"--residual-scaling must be none or depth, got '{text}'.");
                return null;
        }
    }
}
