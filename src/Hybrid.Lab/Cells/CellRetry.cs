using Hybrid.Import.Json;

namespace Hybrid.Lab.Cells;

/// <summary>What is measured again.</summary>
public static class CellRetry
{
    /// <summary>
    /// What is missing: neither finished nor running, and not failed <see cref="CellStatus.MostAttempts"/> times. Cells of processes
    /// that ended without a word count as failed once by asking.
    /// </summary>
    /// <param name="work">The cells.</param>
    /// <param name="folder">Their folder.</param>
    /// <param name="forgive">Whether cells that have failed too often are tried anew.</param>
    /// <exception cref="InputException">The folder cannot be read or written.</exception>
    public static IReadOnlyList<int> Missing(ICellWork work, CellFolder folder, bool forgive)
    {
        CellRun.CollectLost(work, folder, null);
        if (forgive)
            CellFailures.Forgive(folder);
        return CellStatus.Of(folder).Missing;
    }

    /// <summary>A batch of such cells, written, so that several processes may deal it among them.</summary>
    /// <exception cref="InputException">The folder cannot be written.</exception>
    public static CellBatch Prepare(CellFolder folder, IReadOnlyList<int> cells)
    {
        CellBatch batch = new(CellBatch.NewName(folder, "retry"), folder.Plan.Hash, cells);
        batch.Write(folder);
        return batch;
    }
}
