using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Hybrid.Lab.Cells;

/// <summary>
/// What one process measures now: a file in running/ that it rewrites in place and removes when it ends. A file that is left
/// behind tells whose cells were lost without a word.
/// </summary>
internal sealed class RunningMark : IDisposable
{
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(20), Silence = TimeSpan.FromMinutes(2);
    private const string Folder = "running";

    private readonly Lock _gate = new();
    private readonly SortedSet<int> _cells = [];
    private readonly string _path;
    private readonly FileStream _file;
    private readonly Timer _timer;

    public RunningMark(CellFolder folder, string owner)
    {
        _path = Path.Combine(folder.Made(Folder), $"{owner}.{Guid.NewGuid().ToString("N")[..12]}.json");
        _file = CellFolder.Do(_path, "written", () => new FileStream(_path, FileMode.CreateNew, FileAccess.Write, FileShare.Read, 1));
        Write();
        _timer = new(_ => Flush(), null, Beat, Beat);
    }

    /// <summary>Says that a cell is being measured.</summary>
    public void Begin(int index) => Change(() => _cells.Add(index));

    /// <summary>Says that it is not any more.</summary>
    public void End(int index) => Change(() => _cells.Remove(index));

    /// <summary>The process ended in its own way: nothing was lost.</summary>
    public void Dispose()
    {
        _timer.Dispose();
        lock (_gate)
            _file.Dispose();
        TryTake(_path);
    }

    /// <summary>The marks of an owner, or of all where it is null.</summary>
    public static IReadOnlyList<LeftMark> Of(CellFolder folder, string? owner) =>
        [.. CellFolder.Files(folder.PathOf(Folder), $"{owner ?? "*"}.*.json").Order(StringComparer.Ordinal)
            .Select(Read).OfType<LeftMark>()];

    /// <summary>Takes a mark away, so that of several who find it left behind one counts it.</summary>
    public static bool TryTake(string path)
    {
        string taken = $"{path}.{Guid.NewGuid():N}.taken";
        try
        {
            File.Move(path, taken);
            File.Delete(taken);
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static LeftMark? Read(string path)
    {
        try
        {
            DateTime beat = File.GetLastWriteTimeUtc(path);
            using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using StreamReader reader = new(file, Encoding.UTF8);
            using JsonDocument document = JsonDocument.Parse(reader.ReadToEnd());
            JsonElement root = document.RootElement;
            string host = root.GetProperty("host").GetString()!;
            int process = root.GetProperty("process").GetInt32();
            string start = root.GetProperty("start").GetString()!;
            bool alive = host == Environment.MachineName ? StartOf(process) == start : DateTime.UtcNow - beat < Silence;
            return new(
                path, host, root.GetProperty("job").GetString(), alive,
                [.. root.GetProperty("cells").EnumerateArray().Select(cell => cell.GetInt32())]);
        }
        catch (Exception error) when (error is IOException or JsonException or UnauthorizedAccessException)
        {
            // Removed meanwhile, or being written just now.
            return File.Exists(path)
                ? new(path, "", null, DateTime.UtcNow - File.GetLastWriteTimeUtc(path) < Silence, [])
                : null;
        }
    }

    /// <summary>When a process began, in the system's own unit, since numbers of processes come again. "" where it has ended.</summary>
    private static string StartOf(int process)
    {
        const string Processes = "/proc";
        try
        {
            if (!Directory.Exists($"{Processes}/self"))
            {
                using System.Diagnostics.Process found = System.Diagnostics.Process.GetProcessById(process);
                return "runs";
            }

            // "number (name) state …", and the start is the 20th field from the state on; Z has ended and is not forgotten yet.
            string text = File.ReadAllText($"{Processes}/{process.ToString(CultureInfo.InvariantCulture)}/stat");
            string[] fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            return fields[0] is "Z" or "X" ? "" : fields[19];
        }
        catch (Exception error) when (error is IOException or ArgumentException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private void Change(Func<bool> change)
    {
        lock (_gate)
        {
            change();
            Write();
        }
    }

    private void Write()
    {
        JsonObject node = new()
        {
            ["host"] = Environment.MachineName,
            ["process"] = Environment.ProcessId,
            ["start"] = OwnStart,
            ["job"] = CellOwner.Job,
            ["cells"] = new JsonArray([.. _cells.Select(cell => (JsonNode)cell)]),
        };
        byte[] text = Encoding.UTF8.GetBytes(node.ToJsonString() + "\n");
        try
        {
            // One write, then the length: a reader sees the old text, the new one, or the new one with spaces of the old.
            byte[] padded = [.. text, .. Enumerable.Repeat((byte)' ', (int)Math.Max(0, _file.Length - text.Length))];
            RandomAccess.Write(_file.SafeFileHandle, padded, 0);
        }
        catch (IOException)
        {
            // A full disk: the results that cannot be written either will say so.
        }
    }

    private static readonly string OwnStart = StartOf(Environment.ProcessId);

    /// <summary>So that another machine sees a new time, and what was written.</summary>
    private void Flush()
    {
        lock (_gate)
        {
            if (_file.SafeFileHandle.IsClosed)
                return;
            Write();
            try
            {
                _file.Flush(flushToDisk: true);
            }
            catch (IOException)
            {
            }
        }
    }
}

/// <summary>A mark as another process finds it.</summary>
/// <param name="Path">Its file.</param>
/// <param name="Host">The machine.</param>
/// <param name="Job">The Slurm job, or null.</param>
/// <param name="Alive">Whether the process lives: here the process itself, on another machine a mark of the last two minutes.</param>
/// <param name="Cells">The cells that it measures, or measured when it ended.</param>
internal sealed record LeftMark(string Path, string Host, string? Job, bool Alive, IReadOnlyList<int> Cells);
