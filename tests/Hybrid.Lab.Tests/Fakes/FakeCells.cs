using System.Text.Json.Nodes;
using Hybrid.Lab.Cells;

namespace Hybrid.Lab.Tests.Fakes;

/// <summary>Cells whose values are a function of seed and number, and that count and may act as they are measured.</summary>
internal sealed class FakeCells : ICellWork
{
    private readonly Action<CellContext> _while;
    private int _measured;

    public FakeCells(int cells, Action<CellContext>? whileMeasuring = null, ulong seed = 1, string version = "1")
    {
        _while = whileMeasuring ?? (_ => { });
        Plan = new("fake", version, seed, cells, new() { ["what"] = "nothing" });
        Cells = [.. Enumerable.Range(0, cells).Select(index => new CellTask($"cell {index}", 1 + index % 7, null, Measure))];
    }

    public int Measured => _measured;

    public CellPlan Plan { get; }

    public IReadOnlyList<CellTask> Cells { get; }

    public int MostAtATime => int.MaxValue;

    public bool WantsGpu => false;

    public string? Device => null;

    private JsonObject Measure(CellContext context)
    {
        Interlocked.Increment(ref _measured);
        _while(context);
        return new() { ["value"] = Math.Sin(context.Index + (double)Plan.Seed), ["text"] = "λ \"quoted\"" };
    }
}
