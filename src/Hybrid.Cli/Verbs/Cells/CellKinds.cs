using Hybrid.Cli.Output;
using Hybrid.Cli.Shared;
using Hybrid.Experiments.Catalogue;
using Hybrid.Experiments.Runs;
using Hybrid.Import.Json;
using Hybrid.Lab.Cells;
using Hybrid.Lab.Checks;
using Hybrid.Lab.Phases;

namespace Hybrid.Cli.Verbs;

/// <summary>The kinds of plans that the command knows.</summary>
internal static class CellKinds
{
    /// <summary>The cells of a folder.</summary>
    /// <exception cref="InputException">The plan is of another version or of no kind that is known.</exception>
    public static ICellWork Open(CellFolder folder, Session session)
    {
        CellPlan plan = folder.Plan;
        if (plan.Version != Machine.BuiltVersion)
        {
            throw new InputException($"{folder.FullPath}: is a plan of hybrid {plan.Version}, and this is {Machine.BuiltVersion}, "
                + "which may measure differently; run that one, or make the folder anew");
        }

        return plan.Kind switch
        {
            SweepWork.Kind => SweepWork.Of(plan, session),
            PhaseWork.Kind => PhaseWork.Of(plan, session.Engines),
            ExperimentWork.Kind => ExperimentWork.Of(plan, ExperimentCatalogue.Find, session.Engines, session.Trainers),
            CheckWork.Kind => CheckWork.Of(plan, session.Engines),
            _ => throw new InputException($"{folder.FullPath}: kind must be one of sweep, phase, experiment, check, got '{plan.Kind}'"),
        };
    }

    /// <summary>Merges finished cells and writes what they found. The exit code is that of the verb whose cells they are.</summary>
    public static int Finish(Session session, ICellWork work, CellFolder folder, bool json) => work switch
    {
        SweepWork sweep => SweepOutput.Finish(session, sweep, folder, json),
        PhaseWork phase => PhaseCommand.Finish(session, phase, folder, json),
        ExperimentWork experiment => ExperimentCommand.Finish(session, experiment, folder, json),
        CheckWork check => CheckCommand.Finish(session, check, folder, json),
        _ => throw new InvalidOperationException($"nobody merges {work.GetType().Name}"),
    };
}
