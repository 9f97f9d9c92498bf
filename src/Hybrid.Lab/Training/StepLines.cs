using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Hybrid.Import.Files;
using Hybrid.Import.Json;

namespace Hybrid.Lab.Training;

/// <summary>
/// A file of JSON lines, one for each step, that only grows at its end. A process that is killed can leave its last line torn, and a loss
/// of power can leave anything behind the last checkpoint; a run that resumes cuts the file back to its checkpoint. Lines before it that
/// a damage has taken can be given up: then the file has empty ones of their steps.
/// </summary>
/// <typeparam name="T">What a line holds.</typeparam>
internal sealed class StepLines<T> : IDisposable
    where T : class
{
    private readonly string _path;
    private readonly int _first;
    private readonly Func<T, int> _stepOf;
    private readonly Func<JsonFields, T> _parse;
    private readonly Func<T, string> _format;
    private readonly List<(T Entry, long End)> _entries = [];
    private FileStream _file;

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
        (_path, _first, _stepOf, _parse, _format) = (path, first, stepOf, parse, format);
        _file = Open();
        try
        {
            RunFile.Do(path, "read", Read);
        }
        catch
        {
            _file.Dispose();
            throw;
        }
    }

    /// <summary>The whole lines.</summary>
    public IEnumerable<T> Entries => _entries.Select(item => item.Entry);

    /// <summary>Why the file has not all of its lines up to <paramref name="step"/>; null if it has.</summary>
    public string? DamageUpTo(int step) => _entries.Count > step - _first
        ? null
        : _damage ?? $"{_path}: holds {_entries.Count} whole lines and none of step {step}, at which the checkpoint was taken";

    /// <summary>Keeps the lines up to <paramref name="step"/> and cuts the file there.</summary>
    /// <exception cref="InputException">A line up to that step is missing or damaged.</exception>
    public void CutAfter(int step)
    {
        if (DamageUpTo(step) is string damage)
            throw new InputException($"{damage}; restore the file, or start a new run");
        Truncate(step - _first + 1);
    }

    /// <summary>The lines up to <paramref name="step"/> that can be read, and empty ones of those that cannot.</summary>
    /// <param name="step">≥ the step of the first line.</param>
    /// <param name="empty">An entry that says nothing of a step.</param>
    public SavedLines Salvage(int step, Func<int, T> empty) => RunFile.Do(_path, "read", () =>
    {
        SortedDictionary<int, T> found = [];
        foreach ((T? entry, _, _) in Lines(Content()))
        {
            if (entry is not null && _stepOf(entry) is int own && own >= _first && own <= step)
                found.TryAdd(own, entry);
        }

        T[] entries = [.. Enumerable.Range(_first, step - _first + 1).Select(own => found.GetValueOrDefault(own) ?? empty(own))];
        return new SavedLines(entries.Length - found.Count, [.. entries.Select(entry => Encode(entry))]);
    });

    /// <summary>Sets the file aside as it is and puts saved lines in its place. The other file's name.</summary>
    public string Replace(SavedLines lines)
    {
        string aside = _path + CheckpointStore.Damaged;
        for (int number = 2; File.Exists(aside); number++)
            aside = $"{_path}{CheckpointStore.Damaged}-{number}";
        byte[] damaged = RunFile.Do(_path, "read", Content);
        AtomicFile.Write(aside, file => file.Write(damaged));
        AtomicFile.Write(_path, file => file.Write(lines.Bytes));
        _file.Dispose();
        _file = Open();
        _hash?.Dispose();
        _hash = null;
        _entries.Clear();
        _damage = null;
        RunFile.Do(_path, "read", Read);
        return aside;
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
        byte[] line = Encode(entry);
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

    private FileStream Open() => RunFile.Do(
        _path, "opened", () => FileCalls.Current.Open(_path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read));

    private byte[] Encode(T entry) => Encoding.UTF8.GetBytes(_format(entry) + "\n");

    private byte[] Content()
    {
        byte[] bytes = new byte[_file.Length];
        _file.Position = 0;
        _file.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>
    /// The whole lines with the place behind each; what comes behind a line that is none may be what a loss of power left.
    /// </summary>
    private void Read()
    {
        foreach ((T? entry, string? damage, long end) in Lines(Content()))
        {
            string source = $"{_path}: line {_entries.Count + 1}";
            int expected = _first + _entries.Count;
            if (entry is null || _stepOf(entry) != expected)
            {
                _damage = damage ?? $"{source} must be of step {expected}, got step {_stepOf(entry!)}";
                return;
            }

            _entries.Add((entry, end));
        }
    }

    /// <summary>Every line that ends: what it holds or why that cannot be read, and the place behind it.</summary>
    private IEnumerable<(T? Entry, string? Damage, long End)> Lines(byte[] bytes)
    {
        int start = 0;
        for (int line = 1; Array.IndexOf(bytes, (byte)'\n', start) is int end and >= 0; line++)
        {
            T? entry = default;
            string? damage = null;
            try
            {
                entry = Parse(bytes.AsMemory(start, end - start), $"{_path}: line {line}");
            }
            catch (InputException error)
            {
                damage = error.Message;
            }

            start = end + 1;
            yield return (entry, damage, start);
        }
    }

    private T Parse(ReadOnlyMemory<byte> line, string source)
    {
        try
        {
            using JsonDocument document = JsonText.Parse(line, source);
            return _parse(new(document.RootElement, source));
        }
        catch (JsonException error)
        {
            throw new InputException($"{source} is not JSON ({error.Message.Split(" LineNumber:")[0].TrimEnd('.')})", error);
        }
    }
}

/// <summary>What could be read of a damaged file of lines.</summary>
/// <param name="Lost">How many of them are empty.</param>
/// <param name="Lines">One for every step.</param>
internal sealed record SavedLines(int Lost, IReadOnlyList<byte[]> Lines)
{
    /// <summary>The file.</summary>
    public byte[] Bytes => [.. Lines.SelectMany(line => line)];

    /// <summary>Identity of the first <paramref name="count"/> lines.</summary>
    public FileIdentity IdentityOf(int count)
    {
        byte[] bytes = [.. Lines.Take(count).SelectMany(line => line)];
        return new(bytes.Length, Convert.ToHexStringLower(SHA256.HashData(bytes)));
    }
}
