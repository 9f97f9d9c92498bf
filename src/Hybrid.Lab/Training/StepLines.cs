using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Hybrid.Import.Files;
using Hybrid.Import.Json;

namespace Hybrid.Lab.Training;

/// <summary>
/// A file of JSON lines, one for each step, that only grows at its end. A process that is killed can leave its last line torn, and a loss
/// of power can leave anything behind the last checkpoint; a run that resumes cuts the file back to its checkpoint.
/// </summary>
/// <typeparam name="T">What a line holds.</typeparam>
internal sealed class StepLines<T> : IDisposable
{
    private readonly string _path;
    private readonly int _first;
    private readonly Func<T, int> _stepOf;
    private readonly Func<T, string> _format;
    private readonly FileStream _file;
    private readonly List<(T Entry, long End)> _entries = [];

    // Of all lines, as it grows; null until the file is cut, which comes before it grows.
    private IncrementalHash? _hash;
    private string? _damage;

    /// <summary>Opens the file, or begins it, and reads its lines up to the first that is none.</summary>
    /// <param name="path">The file.</param>
    /// <param name="first">The step of its first line; every line is one step further.</param>
    /// <param name="stepOf">The step of a line.</param>
    /// <param name="parse">Reads a line.</param>
    /// <param name="format">Writes a line.</param>
    /// <exception cref="InputException">The file cannot be opened.</exception>
    public StepLines(string path, int first, Func<T, int> stepOf, Func<JsonFields, T> parse, Func<T, string> format)
    {
        (_path, _first, _stepOf, _format) = (path, first, stepOf, format);
        _file = RunFile.Do(
            path, "opened", () => FileCalls.Current.Open(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read));
        try
        {
            RunFile.Do(path, "read", () => Read(parse));
        }
        catch
        {
            _file.Dispose();
            throw;
        }
    }

    /// <summary>The whole lines.</summary>
    public IEnumerable<T> Entries => _entries.Select(item => item.Entry);

    /// <summary>Refuses a file that has no whole lines up to <paramref name="step"/>.</summary>
    /// <exception cref="InputException">A line is missing or damaged.</exception>
    public void EnsureHolds(int step)
    {
        if (_entries.Count > step - _first)
            return;
        throw new InputException(_damage ?? $"{_path}: holds {_entries.Count} whole lines and none of step {step}, "
            + "at which the checkpoint was taken; restore the file, or start a new run");
    }

    /// <summary>Keeps the lines up to <paramref name="step"/> and cuts the file there.</summary>
    /// <exception cref="InputException">A line up to that step is missing or damaged.</exception>
    public void CutAfter(int step)
    {
        EnsureHolds(step);
        Truncate(step - _first + 1);
    }

    /// <summary>Cuts the file back to nothing.</summary>
    public void Clear() => Truncate(0);

    /// <summary>What the lines up to <paramref name="step"/>, which are there, hold.</summary>
    public FileIdentity IdentityAt(int step)
    {
        long end = EndOf(step - _first + 1);
        if (_hash is not null && end == EndOf(_entries.Count))
            return new(end, Convert.ToHexStringLower(_hash.GetCurrentHash()));
        using IncrementalHash hash = HashOf(end);
        return new(end, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    /// <summary>Appends a line and hands it to the system: it survives the process, though not yet the machine.</summary>
    public void Append(T entry)
    {
        byte[] line = Encoding.UTF8.GetBytes(_format(entry) + "\n");
        RunFile.Do(_path, "written", () =>
        {
            _file.Write(line);
            _file.Flush();
        });
        _hash?.AppendData(line);
        _entries.Add((entry, EndOf(_entries.Count) + line.Length));
    }

    /// <summary>Brings all lines onto the disk.</summary>
    public void Sync() => RunFile.Do(_path, "written", () => FileCalls.Current.Sync(_file));

    public void Dispose()
    {
        _file.Dispose();
        _hash?.Dispose();
    }

    private long EndOf(int count) => count == 0 ? 0 : _entries[count - 1].End;

    private void Truncate(int kept)
    {
        _entries.RemoveRange(kept, _entries.Count - kept);
        _damage = null;
        long end = EndOf(kept);
        RunFile.Do(_path, "written", () =>
        {
            if (_file.Length > end)
                _file.SetLength(end);
            _file.Position = end;
        });
        _hash?.Dispose();
        _hash = RunFile.Do(_path, "read", () => HashOf(end));
    }

    /// <summary>The hash of the file's first bytes; where it is written next does not change.</summary>
    private IncrementalHash HashOf(long end)
    {
        IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] piece = new byte[1 << 16];
        for (long done = 0; done < end;)
        {
            int read = RandomAccess.Read(_file.SafeFileHandle, piece.AsSpan(0, (int)Math.Min(piece.Length, end - done)), done);
            if (read == 0)
                throw new IOException("it has become shorter");
            hash.AppendData(piece, 0, read);
            done += read;
        }

        return hash;
    }

    /// <summary>
    /// The whole lines with the place behind each; what comes behind a line that is none may be what a loss of power left.
    /// </summary>
    private void Read(Func<JsonFields, T> parse)
    {
        byte[] bytes = new byte[_file.Length];
        _file.ReadExactly(bytes);
        int start = 0;
        for (int line = 1; Array.IndexOf(bytes, (byte)'\n', start) is int end and >= 0; line++)
        {
            string source = $"{_path}: line {line}";
            try
            {
                T entry = Parse(bytes.AsMemory(start, end - start), source, parse);
                int expected = _first + _entries.Count;
                if (_stepOf(entry) != expected)
                    throw new InputException($"{source} must be of step {expected}, got step {_stepOf(entry)}");
                start = end + 1;
                _entries.Add((entry, start));
            }
            catch (InputException error)
            {
                _damage = error.Message;
                return;
            }
        }
    }

    private static T Parse(ReadOnlyMemory<byte> line, string source, Func<JsonFields, T> parse)
    {
        try
        {
            using JsonDocument document = JsonText.Parse(line, source);
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
