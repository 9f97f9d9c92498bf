using Hybrid.Import.Files;
using Hybrid.Import.Json;

namespace Hybrid.Lab.Cells;

/// <summary>
/// Stores the cells of one process: each in a file of its own as it finishes, and every <see cref="PackSize"/> of them in one
/// pack, after which their files go. A pack is on the disk before a file goes, so a process that ends in between leaves cells
/// twice, never none. Calls may come from several threads.
/// </summary>
internal sealed class CellWriter(CellFolder folder, string owner) : IDisposable
{
    /// <summary>Cells in a pack.</summary>
    public const int PackSize = 256;

    // Fewer are not worth a pack when the process ends.
    private const int LeastPack = 32;

    private readonly Lock _gate = new();
    private readonly HashSet<string> _buckets = [];
    private readonly List<(int Index, string Text)> _loose = [];
    private readonly string _process = Guid.NewGuid().ToString("N")[..12];
    private int _packs;

    /// <summary>Stores a cell. One that is stored already is replaced by its equal.</summary>
    /// <exception cref="InputException">It cannot be written; what was stored stays.</exception>
    public void Write(CellResult result)
    {
        string text = result.ToText(folder.Plan.Hash) + "\n", bucket = folder.CellBucket(result.Index);
        lock (_gate)
        {
            if (_buckets.Add(bucket))
                CellFolder.Do(bucket, "made", () => DurableFolder.Make(bucket));
        }

        // Not forced onto the disk: what a crash tears has another hash, and is measured again.
        AtomicFile.WriteText(folder.CellFile(result.Index), text, durable: false);
        lock (_gate)
        {
            _loose.Add((result.Index, text));
            if (_loose.Count >= PackSize)
                Pack();
        }
    }

    /// <summary>Packs what is left where it is worth it.</summary>
    public void Finish()
    {
        lock (_gate)
        {
            if (_loose.Count >= LeastPack)
                Pack();
        }
    }

    /// <summary>As <see cref="Finish"/>; what cannot be packed stays in files of its own.</summary>
    public void Dispose()
    {
        try
        {
            Finish();
        }
        catch (InputException)
        {
        }
    }

    private void Pack()
    {
        string pack = folder.PackFile(owner, $"{_process}-{_packs++:0000}");
        AtomicFile.WriteText(pack, string.Concat(_loose.OrderBy(cell => cell.Index).Select(cell => cell.Text)));
        foreach ((int index, _) in _loose)
        {
            try
            {
                FileCalls.Current.Delete(folder.CellFile(index));
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // There twice: no harm.
            }
        }

        _loose.Clear();
    }
}
