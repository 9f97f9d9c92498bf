using System.CommandLine;
using System.CommandLine.Help;
using Hybrid.Cli.Shared;
using Hybrid.Cli.Verbs;

namespace Hybrid.Cli;

/// <summary>The command and its verbs.</summary>
internal static class Root
{
    private const string Purpose =
        "Predicts how signals and gradients pass through a transformer at initialisation, and checks it on real networks.";

    private static readonly Dictionary<string, Func<Session, Verb>> Verbs = new()
    {
        ["check"] = CheckCommand.Create,
        ["predict"] = PredictCommand.Create,
        ["compare"] = CompareCommand.Create,
        ["simulate"] = SimulateCommand.Create,
        ["diff"] = DiffCommand.Create,
        ["phase"] = PhaseCommand.Create,
        ["suggest"] = SuggestCommand.Create,
        ["train"] = TrainCommand.Create,
        ["probe"] = ProbeCommand.Create,
        ["export"] = ExportCommand.Create,
        ["experiment"] = ExperimentCommand.Create,
        ["sweep"] = SweepCommand.Create,
        ["cells"] = CellsCommand.Create,
        ["explore"] = ExploreCommand.Create,
        ["bench"] = BenchCommand.Create,
        ["presets"] = PresetsCommand.Create,
        ["info"] = InfoCommand.Create,
        ["completion"] = CompletionCommand.Create,
        ["complete"] = CompleteCommand.Create,
    };

    /// <summary>The command with all its verbs, or, sooner, with the one that a command line begins with.</summary>
    /// <param name="session">What the verbs work with.</param>
    /// <param name="first">The first word; null for all verbs.</param>
    public static Command Create(Session session, string? first = null)
    {
        // Not a RootCommand: that one is called after the process, which is another in a test or under dotnet run.
        Command root = new("hybrid", Purpose) { new HelpOption { Action = new Help() }, new VersionOption() };
        IEnumerable<Func<Session, Verb>> verbs =
            first is not null && Verbs.TryGetValue(first, out Func<Session, Verb>? asked) ? [asked] : Verbs.Values;
        foreach (Func<Session, Verb> verb in verbs)
            root.Subcommands.Add(verb(session));
        return root;
    }
}
