using System.Globalization;
using Hybrid.Experiments.Cells;
using Hybrid.Experiments.Designs;
using Hybrid.Import.Json;
using Microsoft.Data.Sqlite;

namespace Hybrid.Experiments.Runs;

/// <summary>
/// Finished cells and registered hypotheses in one SQLite file. A cell is one row, written in one transaction as it
/// finishes; a process that is killed loses only the cells it was measuring. One process at a time: the file stays locked
/// while it is open. Calls may come from several threads.
/// </summary>
public sealed class CellStore : IDisposable
{
    /// <summary>The layout of the tables; a file of another layout is refused.</summary>
    public const int SchemaVersion = 1;

    // "Hybr", so that SQLite files of other programs are not mistaken for a store.
    private const int ApplicationId = 0x48796272;
    private const int Busy = 5, Locked = 6, ReadOnly = 8, Failed = 10, Full = 13, CannotOpen = 14;

    private readonly string _path;
    private readonly SqliteConnection _connection;
    private readonly Lock _gate = new();
    private readonly Action<string> _calling;

    private CellStore(string path, Action<string> calling)
    {
        (_path, _calling) = (path, calling);
        // Without pooling, disposing the connection closes the file. The time-out is that of waiting for another process.
        _connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Pooling = false,
            DefaultTimeout = 1,
        }.ToString());
    }

    /// <summary>Opens the store at <paramref name="path"/>, or creates it.</summary>
    /// <exception cref="InputException">The file is in use, damaged, of another program or of another version.</exception>
    public static CellStore Open(string path) => Open(path, _ => { });

    /// <summary>As above, with who is told of every call to SQLite before it is made and may let it fail; for tests.</summary>
    internal static CellStore Open(string path, Action<string> calling)
    {
        CellStore store = new(path, calling);
        try
        {
            store.Guard(store.Prepare);
            return store;
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Registers the hypotheses of an experiment at a scale, and returns when they were registered first. Later calls must
    /// register the same text: what was predicted before the measurement cannot be changed after it.
    /// </summary>
    /// <exception cref="InputException">Another text stands registered.</exception>
    public DateTimeOffset Register(ExperimentKey key, ExperimentScale scale, string text) =>
        Register(key, scale, text, DateTimeOffset.UtcNow);

    /// <summary>As above, where the hypotheses were laid down earlier than they come here.</summary>
    /// <exception cref="InputException">Another text stands registered.</exception>
    public DateTimeOffset Register(ExperimentKey key, ExperimentScale scale, string text, DateTimeOffset laidDown)
    {
        (string Text, string Time) stands = ("", "");
        Guard(() =>
        {
            using SqliteTransaction transaction = _connection.BeginTransaction();
            Execute(
                "INSERT OR IGNORE INTO registrations VALUES ($experiment, $version, $seed, $scale, $text, $time)",
                [.. Parameters(key), ("$scale", scale.ToString()), ("$text", text),
                    ("$time", laidDown.ToString("O", CultureInfo.InvariantCulture))]);
            using SqliteCommand select = Command(
                "SELECT text, time FROM registrations WHERE experiment = $experiment "
                + "AND version = $version AND seed = $seed AND scale = $scale",
                [.. Parameters(key), ("$scale", scale.ToString())]);
            using (SqliteDataReader reader = select.ExecuteReader())
            {
                reader.Read();
                stands = (reader.GetString(0), reader.GetString(1));
            }

            Commit(transaction);
        });
        DateTimeOffset time = DateTimeOffset.Parse(stands.Time, CultureInfo.InvariantCulture);
        if (stands.Text != text)
        {
            throw new InputException(
                $"{_path}: {key.Experiment} was registered on {time:yyyy-MM-dd HH:mm} "
                + "UTC with other hypotheses or predictions than this build makes; "
                + "give another --out to register and measure anew");
        }

        return time;
    }

    /// <summary>The finished cells of an experiment.</summary>
    public IReadOnlyList<StoredCell> Cells(ExperimentKey key)
    {
        List<StoredCell> cells = [];
        Guard(() =>
        {
            using SqliteCommand select = Command(
                "SELECT cell, result, seconds FROM cells WHERE experiment = $experiment AND version = $version AND seed = $seed",
                Parameters(key));
            using SqliteDataReader reader = select.ExecuteReader();
            while (reader.Read())
            {
                CellValues values = CellValues.FromJson(reader.GetString(1))
                    ?? throw Damaged($"the result of cell '{reader.GetString(0)}' cannot be read");
                cells.Add(new(reader.GetString(0), values, reader.GetDouble(2)));
            }
        });
        return cells;
    }

    /// <summary>Adds a cell that has just finished. No cell is ever replaced.</summary>
    /// <exception cref="InputException">The file cannot be written, or holds the cell already.</exception>
    public void Insert(ExperimentKey key, StoredCell cell) => InsertAll(key, [cell]);

    /// <summary>Adds many cells at once, all or none.</summary>
    /// <exception cref="InputException">The file cannot be written, or holds one of them already.</exception>
    public void InsertAll(ExperimentKey key, IReadOnlyList<StoredCell> cells) => Guard(() =>
    {
        using SqliteTransaction transaction = _connection.BeginTransaction();
        foreach (StoredCell cell in cells)
        {
            Execute(
                "INSERT INTO cells VALUES ($experiment, $version, $seed, $cell, $result, $seconds)",
                [.. Parameters(key), ("$cell", cell.Cell), ("$result", cell.Values.ToJson()), ("$seconds", cell.Seconds)]);
        }

        Commit(transaction);
    });

    /// <summary>Closes the file.</summary>
    public void Dispose() => _connection.Dispose();

    private void Prepare()
    {
        _calling("open");
        _connection.Open();
        // Held from the first write below until the file is closed, or the process ends in whatever way.
        Execute("PRAGMA locking_mode = EXCLUSIVE");
        long application = Number("PRAGMA application_id"), version = Number("PRAGMA user_version");
        bool empty = Number("SELECT count(*) FROM sqlite_master") == 0;
        if (!(empty && application == 0) && application != ApplicationId)
            throw new InputException($"{_path}: must be a store of experiments, got an SQLite file of another program; give another --out");
        if (!empty && version != SchemaVersion)
        {
            throw new InputException(
                $"{_path}: must have layout {SchemaVersion}, got {version} of another version of hybrid; give another --out");
        }

        Execute("PRAGMA journal_mode = WAL");
        Execute("PRAGMA synchronous = FULL");
        using SqliteTransaction transaction = _connection.BeginTransaction();
        Execute($"PRAGMA application_id = {ApplicationId}");
        Execute($"PRAGMA user_version = {SchemaVersion}");
        Execute(
            """
            CREATE TABLE IF NOT EXISTS cells (
                experiment TEXT NOT NULL, version INTEGER NOT NULL, seed TEXT NOT NULL, cell TEXT NOT NULL,
                result TEXT NOT NULL, seconds REAL NOT NULL, PRIMARY KEY (experiment, version, seed, cell)) STRICT
            """);
        Execute(
            """
            CREATE TABLE IF NOT EXISTS registrations (
                experiment TEXT NOT NULL, version INTEGER NOT NULL, seed TEXT NOT NULL, scale TEXT NOT NULL,
                text TEXT NOT NULL, time TEXT NOT NULL, PRIMARY KEY (experiment, version, seed, scale)) STRICT
            """);
        Commit(transaction);
    }

    /// <summary>SQLite has no unsigned 64-bit numbers: seeds are text.</summary>
    private static (string, object)[] Parameters(ExperimentKey key) =>
        [("$experiment", key.Experiment), ("$version", key.Version), ("$seed", key.Seed.ToString(CultureInfo.InvariantCulture))];

    private void Commit(SqliteTransaction transaction)
    {
        _calling("commit");
        transaction.Commit();
    }

    private SqliteCommand Command(string text, params (string Name, object Value)[] parameters)
    {
        _calling(text);
        SqliteCommand command = _connection.CreateCommand();
        command.CommandText = text;
        foreach ((string name, object value) in parameters)
            command.Parameters.AddWithValue(name, value);
        return command;
    }

    private void Execute(string text, params (string, object)[] parameters)
    {
        using SqliteCommand command = Command(text, parameters);
        command.ExecuteNonQuery();
    }

    private long Number(string text)
    {
        using SqliteCommand command = Command(text);
        return Convert.ToInt64(command.ExecuteScalar(), CultureInfo.InvariantCulture);
    }

    private void Guard(Action action)
    {
        lock (_gate)
        {
            try
            {
                action();
            }
            catch (SqliteException error) when (error.SqliteErrorCode is Busy or Locked)
            {
                throw new InputException(
                    $"{_path}: another process is running an experiment there; wait for it or give another --out", error);
            }
            catch (SqliteException error) when (error.SqliteErrorCode is Full or Failed or ReadOnly or CannotOpen)
            {
                string remedy = error.SqliteErrorCode is Full or Failed
                    ? "make room on its disk, or see that the disk is sound"
                    : "give access to its folder, or another --out";
                throw new InputException(
                    $"{_path}: cannot be written ({error.Message.TrimEnd('.')}); {remedy}, then run the same command again: "
                    + "what was finished is kept",
                    error);
            }
            catch (SqliteException error)
            {
                throw Damaged(error.Message.TrimEnd('.'));
            }
        }
    }

    private InputException Damaged(string reason) =>
        new($"{_path}: cannot be used as a store of experiments ({reason}); move it away or give another --out");
}

/// <summary>A finished cell as the store keeps it.</summary>
/// <param name="Cell">Its key.</param>
/// <param name="Values">What it measured.</param>
/// <param name="Seconds">How long it took.</param>
public sealed record StoredCell(string Cell, CellValues Values, double Seconds);

/// <summary>Whose cells: equal keys mean that equal cell keys are the same measurement.</summary>
/// <param name="Experiment">The experiment's name.</param>
/// <param name="Version">Its version.</param>
/// <param name="Seed">The run's seed.</param>
public readonly record struct ExperimentKey(string Experiment, int Version, ulong Seed);
