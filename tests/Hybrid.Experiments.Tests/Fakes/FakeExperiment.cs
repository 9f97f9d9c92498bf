using Hybrid.Experiments.Cells;
using Hybrid.Experiments.Designs;
using Hybrid.Experiments.Hypotheses;
using Hybrid.Lab.Statistics;

namespace Hybrid.Experiments.Tests.Fakes;

/// <summary>An experiment of cells that cost nothing, count their measurements, and may act as they are measured.</summary>
internal sealed class FakeExperiment(int cells, Action<int>? whileMeasuring = null, double predicted = 0.5) : IExperiment
{
    private int _measured;

    public int Measured => _measured;

    public string Name => "fake";

    public string Purpose => "Nothing.";

    public string Question => "Does the run lose or repeat a cell?";

    public int Version => 1;

    public CellNeeds Needs => CellNeeds.Networks;

    public ExperimentDesign Design(ExperimentScale scale)
    {
        RegisteredNumber number = new("all cells", "mean", predicted);
        Hypothesis hypothesis = new("H1", "The mean is a half.", "the interval holds it.", [number]);
        Cell[] grid = [.. Enumerable.Range(0, cells).Select(
            index => new Cell($"cell {index}", 1, attempt => Measure(index, attempt.Seed)))];
        PlannedClaim claim = new(
            hypothesis,
            [new(number, (results, level) =>
                TestedNumber.Equal(number, Estimate.Of([.. grid.Select(cell => results[cell]["value"].Mean)]), 1, level))]);
        return new(
            new([claim]),
            grid,
            (results, level) => new([claim.Judge(results, level)], []));
    }

    private CellValues Measure(int index, ulong seed)
    {
        Interlocked.Increment(ref _measured);
        whileMeasuring?.Invoke(index);
        return CellValues.Of([[KeyValuePair.Create("value", (seed >> 11) * Math.Pow(2, -53))]]);
    }
}
