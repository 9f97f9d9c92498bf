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

    public static Command Create(Session session)
    {
        // Not a RootCommand: that one is called after the process, which is another in a test or under dotnet run.
        Command root = new("hybrid", Purpose)
        {
            new HelpOption { Action = new Help() },
            new VersionOption(),
            CheckCommand.Create(session),
            PredictCommand.Create(session),
            CompareCommand.Create(session),
            SimulateCommand.Create(session),
            DiffCommand.Create(session),
            PhaseCommand.Create(session),
            SuggestCommand.Create(session),
            TrainCommand.Create(session),
            ProbeCommand.Create(session),
            ExportCommand.Create(session),
            ExperimentCommand.Create(session),
            SweepCommand.Create(session),
            CellsCommand.Create(session),
            ExploreCommand.Create(session),
            BenchCommand.Create(session),
            PresetsCommand.Create(session),
            InfoCommand.Create(session),
            CompletionCommand.Create(session),
            CompleteCommand.Create(session),
        };
        return root;
    }
}
