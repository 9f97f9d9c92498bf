using System.Text.Json.Nodes;

namespace Hybrid.Lab.Cells;

/// <summary>One cell of a plan: the unit that is measured, stored, lost and measured again.</summary>
/// <param name="Key">Unique within the plan; says in a few words what the cell is.</param>
/// <param name="Cost">Expected work in any unit common to the plan, > 0; it guides order, shares and the time asked for.</param>
/// <param name="Bytes">About how much memory it takes beside the runtime's own; null where that is not known.</param>
/// <param name="Measure">A pure function of the plan and the cell: neither threads, machine, order nor attempts change its value.</param>
public sealed record CellTask(string Key, double Cost, long? Bytes, Func<CellContext, JsonObject> Measure);

/// <summary>Where a cell is measured; no number of its result depends on it.</summary>
/// <param name="Index">The cell's number in its plan, from 0.</param>
/// <param name="Threads">Threads that it may use, ≥ 1.</param>
/// <param name="Failures">How often it has failed before.</param>
/// <param name="Scratch">A folder of its own, not made yet, that survives an interrupted attempt and is removed after the result.</param>
/// <param name="Cancellation">Asks it to stop: it leaves what it needs to go on in <paramref name="Scratch"/>, and throws
/// <see cref="OperationCanceledException"/>.</param>
public sealed record CellContext(int Index, int Threads, int Failures, string Scratch, CancellationToken Cancellation)
{
    /// <summary>
    /// Removes what earlier attempts left where this is the last one: what cannot be continued must not stop a cell for ever.
    /// </summary>
    public void PrepareScratch()
    {
        if (Failures >= CellStatus.MostAttempts - 1 && Directory.Exists(Scratch))
            Directory.Delete(Scratch, recursive: true);
    }
}

/// <summary>A plan with the cells that it stands for.</summary>
public interface ICellWork
{
    /// <summary>What is asked.</summary>
    CellPlan Plan { get; }

    /// <summary>The cells by number; as many as the plan says.</summary>
    IReadOnlyList<CellTask> Cells { get; }

    /// <summary>Most cells that one process measures at a time: 1 where an engine takes all threads, or a device, for itself.</summary>
    int MostAtATime { get; }

    /// <summary>Whether the cells want a GPU where the machine has one.</summary>
    bool WantsGpu { get; }

    /// <summary>Where an engine runs that has a choice, such as cuda:0; null where there is none. Results may depend on it.</summary>
    string? Device { get; }
}

/// <summary>Another process is measuring the cell and holds its scratch folder: no failure, and no result.</summary>
public sealed class CellBusyException(string message, Exception inner) : Exception(message, inner);

/// <summary>The cell was asked to stop and left more in its scratch folder than it had found: the next attempt has less to do.</summary>
public sealed class CellPausedException(CancellationToken token) : OperationCanceledException(token);
