using System.Text;
using System.Text.Json;
using Hybrid.Import.Json;

namespace Hybrid.Lab.Training;

/// <summary>
/// A file of JSON lines, one for each step, that only grows at its end. A process that is killed can leave its last line torn;
/// a run that resumes cuts the file back to its checkpoint.
/// </summary>
/// <typeparam name="T">What a line holds.</typeparam>
internal sealed class StepLines<T> : IDisposable
{
    private readonly string _path;
    private readonly int _first;
    private readonly Func<T, int> _stepOf;
    private readonly Func<T, string> _format;
    private readonly FileStream _file;
    private readonly List<(T Entry, long End)> _entries;

    /// <summary>Opens the file, or begins it, and reads its lines up to the first that is torn.</summary>
    /// <param name="path">The file.</param>
    /// <param name="first">The step of its first line; every line is one step further.</param>
    /// <param name="stepOf">The step of a line.</param>
    /// <param name="parse">Reads a line.</param>
    /// <param name="format">Writes a line.</param>
    /// <exception cref="InputException">The file cannot be opened, or a line that is not the last is none.</exception>
    public StepLines(string path, int first, Func<T, int> stepOf, Func<JsonFields, T> parse, Func<T, string> format)
    {
        (_path, _first, _stepOf, _format) = (path, first, stepOf, format);
        _file = RunFile.Do(path, "opened", () => new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read));
        try
        {
            _entries = Read(parse);
        }
        catch
        {
            _file.Dispose();
            throw;
        }
    }

    /// <summary>The whole lines.</summary>
    public IEnumerable<T> Entries => _entries.Select(item => item.Entry);

    /// <summary>Keeps the lines up to <paramref name="step"/> and cuts the file there.</summary>
    /// <exception cref="InputException">The line of that step is missing.</exception>
    public void CutAfter(int step)
    {
        if (_entries.Count <= step - _first)
        {
            throw new InputException($"{_path}: holds {_entries.Count} whole lines and none of step {step}, "
                + "at which the checkpoint was taken; restore the file, or start a new run");
        }

        Truncate(step - _first + 1);
    }

    /// <summary>Cuts the file back to nothing.</summary>
    public void Clear() => Truncate(0);

    /// <summary>Appends a line and hands it to the system: it survives the process, though not yet the machine.</summary>
    public void Append(T entry)
    {
        byte[] line = Encoding.UTF8.GetBytes(_format(entry) + "\n");
        RunFile.Do(_path, "written", () =>
        {
            _file.Write(line);
            _file.Flush();
        });
        long start = _entries.Count == 0 ? 0 : _entries[^1].End;
        _entries.Add((entry, start + line.Length));
    }

    /// <summary>Brings all lines onto the disk.</summary>
    public void Sync() => RunFile.Do(_path, "written", () => _file.Flush(flushToDisk: true));

    public void Dispose() => _file.Dispose();

    private void Truncate(int kept)
    {
        _entries.RemoveRange(kept, _entries.Count - kept);
        long end = kept == 0 ? 0 : _entries[^1].End;
        RunFile.Do(_path, "written", () =>
        {
            if (_file.Length > end)
                _file.SetLength(end);
            _file.Position = end;
        });
    }

    /// <summary>The whole lines with the place behind each.</summary>
    private List<(T Entry, long End)> Read(Func<JsonFields, T> parse)
    {
        byte[] bytes = new byte[_file.Length];
        _file.ReadExactly(bytes);
        List<(T, long)> entries = [];
        int start = 0;
        for (int line = 1; Array.IndexOf(bytes, (byte)'\n', start) is int end and >= 0; line++)
        {
            string source = $"{_path}: line {line}";
            T entry = Parse(bytes.AsMemory(start, end - start), source, parse);
            int expected = _first + entries.Count;
            if (_stepOf(entry) != expected)
                throw new InputException($"{source} must be of step {expected}, got step {_stepOf(entry)}");
            start = end + 1;
            entries.Add((entry, start));
        }

        return entries;
    }

    private static T Parse(ReadOnlyMemory<byte> line, string source, Func<JsonFields, T> parse)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            return parse(new(document.RootElement, source));
        }
        catch (JsonException error)
        {
            throw new InputException(
                $"{source} is not JSON ({error.Message.Split(" LineNumber:")[0].TrimEnd('.')}); restore the file, or start a new run",
                error);
        }
    }
}
