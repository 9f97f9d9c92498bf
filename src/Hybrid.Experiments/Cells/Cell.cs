namespace Hybrid.Experiments.Cells;

/// <summary>One measurement of an experiment's grid: the unit that is stored, resumed and run in parallel.</summary>
/// <param name="Key">Unique within the experiment; names everything that the result depends on except the seed.</param>
/// <param name="Cost">Expected work in any unit common to the experiment, > 0; it only guides order and the time left.</param>
/// <param name="Measure">Measures from a seed on the calling thread, and depends on nothing else.</param>
public sealed record Cell(string Key, double Cost, Func<ulong, CellValues> Measure);

/// <summary>What the cells of a grid measured, by key.</summary>
/// <param name="values">One entry for every finished cell.</param>
public sealed class CellResults(IReadOnlyDictionary<string, CellValues> values)
{
    /// <summary>How many cells are finished.</summary>
    public int Count => values.Count;

    /// <summary>The result of a finished cell.</summary>
    public CellValues this[Cell cell] => values[cell.Key];
}
