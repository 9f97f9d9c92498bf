namespace Hybrid.Experiments;

/// <summary>How far an experiment has come.</summary>
/// <param name="Done">Cells finished, those of earlier runs included.</param>
/// <param name="Total">Cells of the grid.</param>
/// <param name="Left">Estimated time to the end; null before the first cell of this run is finished.</param>
public readonly record struct ExperimentProgress(int Done, int Total, TimeSpan? Left);
