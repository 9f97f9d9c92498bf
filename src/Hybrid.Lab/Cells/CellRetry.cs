using Hybrid.Import.Json;

namespace Hybrid.Lab.Cells;

/// <summary>What is measured again.</summary>
public static class CellRetry
{
    /// <summary>
    /// The list of what is missing: neither finished nor running, and not failed <see cref="CellStatus.MostAttempts"/> times.
    /// Cells of processes that ended without a word count as failed once by it.
    /// </summary>
    /// <param name="work">The cells.</param>
    /// <param name="folder">Their folder.</param>
    /// <param name="forgive">Whether cells that have failed too often are tried anew.</param>
    /// <returns>The batch, written, or null where nothing is missing.</returns>
    /// <exception cref="InputException">The folder cannot be read or written.</exception>
    public static CellBatch? Prepare(ICellWork work, CellFolder folder, bool forgive)
    {
        CellRun.CollectLost(work, folder, null);
        if (forgive)
            CellFailures.Forgive(folder);
        int[] missing = [.. CellStatus.Of(folder).Missing];
        if (missing.Length == 0)
            return null;
        CellBatch batch = new(CellBatch.NewName(folder, "retry"), folder.Plan.Hash, missing);
        batch.Write(folder);
        return batch;
    }
}
