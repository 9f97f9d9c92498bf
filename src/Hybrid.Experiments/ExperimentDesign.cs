namespace Hybrid.Experiments;

/// <summary>What an experiment commits itself to before it measures, and how it judges afterwards.</summary>
/// <param name="Hypotheses">H1, H2, … with their predictions.</param>
/// <param name="Cells">The grid; keys are unique.</param>
/// <param name="Evaluate">Judges the hypotheses from all cells; depends on nothing but the design and the results.</param>
public sealed record ExperimentDesign(
    IReadOnlyList<Hypothesis> Hypotheses,
    IReadOnlyList<Cell> Cells,
    Func<CellResults, Evaluation> Evaluate);
