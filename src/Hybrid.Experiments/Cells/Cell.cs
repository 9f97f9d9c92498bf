namespace Hybrid.Experiments.Cells;

/// <summary>One measurement of an experiment's grid: the unit that is stored, resumed and run in parallel.</summary>
/// <param name="Key">Unique within the experiment; names everything that the result depends on except the seed.</param>
/// <param name="Cost">Expected work in any unit common to the experiment, > 0; it only guides order and the time left.</param>
/// <param name="Measure">Measures on the calling thread; its result depends on the attempt's seed and engines alone.</param>
public sealed record Cell(string Key, double Cost, Func<CellAttempt, CellValues> Measure);

/// <summary>One attempt at a cell.</summary>
/// <param name="Seed">The cell's seed.</param>
/// <param name="Scratch">A folder of its own, not made yet, that survives an interrupted attempt; null: nothing survives one.</param>
/// <param name="Cancellation">Asks a cell with such a folder to leave there what it has done, and to throw
/// <see cref="OperationCanceledException"/>.</param>
public sealed record CellAttempt(ulong Seed, string? Scratch = null, CancellationToken Cancellation = default)
{
    /// <summary>What measures; the experiment's own engines if not given.</summary>
    public CellEngines Engines { get; init; } = CellEngines.Own;
}

/// <summary>What the cells of a grid measured, by key.</summary>
/// <param name="values">One entry for every finished cell.</param>
public sealed class CellResults(IReadOnlyDictionary<string, CellValues> values)
{
    /// <summary>How many cells are finished.</summary>
    public int Count => values.Count;

    /// <summary>The result of a finished cell.</summary>
    public CellValues this[Cell cell] => values[cell.Key];
}
