using System.CommandLine;
using System.CommandLine.Help;

namespace Hybrid.Cli.Commands;

/// <summary>The command and its verbs.</summary>
internal static class Root
{
    private const string Purpose =
        "Predicts how signals and gradients pass through a transformer at initialisation, and checks it on real networks.";

    public static RootCommand Create(Session session)
    {
        RootCommand root = new(Purpose)
        {
            CheckCommand.Create(session),
            PredictCommand.Create(session),
            SimulateCommand.Create(session),
            PhaseCommand.Create(session),
            PresetsCommand.Create(session),
            InfoCommand.Create(session),
        };
        foreach (HelpOption help in root.Options.OfType<HelpOption>())
            help.Action = new Help();
        return root;
    }
}
