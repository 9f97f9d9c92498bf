namespace Hybrid.Experiments;

/// <summary>What the cells of a grid measured, by key.</summary>
/// <param name="values">One entry for every finished cell.</param>
public sealed class CellResults(IReadOnlyDictionary<string, CellValues> values)
{
    /// <summary>How many cells are finished.</summary>
    public int Count => values.Count;

    /// <summary>The result of a finished cell.</summary>
    public CellValues this[Cell cell] => values[cell.Key];
}
