using Hybrid.Lab.Cells;

namespace Hybrid.Lab.Training;

/// <summary>Where two plans differ, field by field.</summary>
public static class PlanDifferences
{
    /// <summary>
    /// The dotted paths of the fields that differ, with both values
    /// as JSON text, in the order in which a plan is written.
    /// </summary>
    public static IReadOnlyList<(string Path, string Stored, string Given)> Between(TrainingPlan stored, TrainingPlan given) =>
        [.. JsonDifferences.Between(TrainingPlanJson.ToNode(stored), TrainingPlanJson.ToNode(given))];
}
