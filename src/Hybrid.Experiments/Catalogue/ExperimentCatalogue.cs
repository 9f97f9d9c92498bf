using Hybrid.Experiments.Designs;
using Hybrid.Import.Json;

namespace Hybrid.Experiments.Catalogue;

/// <summary>The experiments by name.</summary>
public static class ExperimentCatalogue
{
    /// <summary>All of them, in the order of a list.</summary>
    public static readonly IReadOnlyList<IExperiment> All =
    [
        new RankCollapse.RankCollapseExperiment(),
        new PhaseBoundary.PhaseBoundaryExperiment(),
        new GradientFlow.GradientFlowExperiment(),
        new Sensitivity.SensitivityExperiment(),
        new Lyapunov.LyapunovExperiment(),
        new LossExponents.LossExponentsExperiment(),
        new NormPlacement.NormPlacementExperiment(),
        new ResidualGrowth.ResidualGrowthExperiment(),
        new Departures.DeparturesExperiment(),
        new TrainedGeometry.TrainedGeometryExperiment(),
    ];

    /// <summary>The experiment of a name.</summary>
    /// <exception cref="InputException">There is none of that name.</exception>
    public static IExperiment Find(string name)
    {
        string[] names = [.. All.Select(experiment => experiment.Name)];
        return All.FirstOrDefault(experiment => experiment.Name == name)
            ?? throw new InputException($"NAME must be one of {string.Join(", ", names)}, got '{name}'{NearestName.Question(name, names)}");
    }
}
