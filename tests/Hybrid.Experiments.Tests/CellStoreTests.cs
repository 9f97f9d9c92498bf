using Hybrid.Experiments.Cells;
using Hybrid.Experiments.Designs;
using Hybrid.Experiments.Runs;
using Hybrid.Import.Json;
using Hybrid.Lab.Statistics;
using Hybrid.Lab.Tests;
using Microsoft.Data.Sqlite;
using Xunit;

namespace Hybrid.Experiments.Tests;

public class CellStoreTests
{
    private static readonly ExperimentKey Key = new("fake", 1, ulong.MaxValue);

    [Fact]
    public void Numbers_come_back_bit_by_bit_and_in_order()
    {
        using TemporaryFolder folder = new();
        (string, Estimate)[] values =
        [
            ("λ \"quoted\"", new(1.0 / 3, 1e-300, 7)),
            ("none", new(double.NaN, double.PositiveInfinity, 0)),
            ("zero", new(-0.0, double.Epsilon, 1)),
        ];
        using (CellStore store = Open(folder))
            store.Insert(Key, new("a cell", new(values.Select(value => KeyValuePair.Create(value.Item1, value.Item2))), 1.5));

        using CellStore again = Open(folder);
        StoredCell cell = Assert.Single(again.Cells(Key));
        Assert.Equal(("a cell", 1.5), (cell.Cell, cell.Seconds));
        Assert.Equal(values.Select(value => value.Item1), cell.Values.Names);
        foreach ((string name, Estimate value) in values)
        {
            Assert.Equal(BitConverter.DoubleToInt64Bits(value.Mean), BitConverter.DoubleToInt64Bits(cell.Values[name].Mean));
            Assert.Equal((value.StandardError, value.Samples), (cell.Values[name].StandardError, cell.Values[name].Samples));
        }
    }

    [Fact]
    public void Cells_of_another_experiment_version_or_seed_are_not_mixed_up()
    {
        using TemporaryFolder folder = new();
        using CellStore store = Open(folder);
        store.Insert(Key, Cell("a"));
        Assert.Empty(store.Cells(Key with { Experiment = "other" }));
        Assert.Empty(store.Cells(Key with { Version = 2 }));
        Assert.Empty(store.Cells(Key with { Seed = 1 }));
    }

    [Theory]
    [InlineData(13, "database or disk is full", "make room")]
    [InlineData(10, "disk I/O error", "make room")]
    [InlineData(8, "attempt to write a readonly database", "give access")]
    [InlineData(5, "database is locked", "another process")]
    public void Whatever_call_fails_says_what_to_do_and_nothing_that_was_stored_is_lost(int code, string message, string remedy)
    {
        using TemporaryFolder folder = new();
        string path = folder.Path("cells.sqlite");
        int failed = 0;
        for (int number = 0; ; number++)
        {
            int calls = 0, stored = 0;
            InputException? error = null;
            try
            {
                using CellStore store = CellStore.Open(path, _ =>
                {
                    if (calls++ == number)
                        throw new SqliteException(message, code);
                });
                store.Register(Key, ExperimentScale.Quick, "hypotheses");
                foreach (string name in (string[])["a", "b"])
                {
                    store.Insert(Key, Cell($"{name}{number}"));
                    stored++;
                }

                Assert.Equal(2 * number + 2 - failed, store.Cells(Key).Count);
            }
            catch (InputException caught)
            {
                error = caught;
            }

            if (calls <= number)
                break;
            Assert.Contains(remedy, error!.Message);
            Assert.DoesNotContain("move it away", error.Message);
            using CellStore again = CellStore.Open(path);
            again.Register(Key, ExperimentScale.Quick, "hypotheses");
            Assert.Equal(stored, again.Cells(Key).Count(cell => cell.Cell[1..] == $"{number}"));
            failed += 2 - stored;
        }

        Assert.True(failed > 10, $"{failed} cells were kept from being stored");
    }

    [Fact]
    public void A_cell_is_never_replaced()
    {
        using TemporaryFolder folder = new();
        using CellStore store = Open(folder);
        store.Insert(Key, Cell("a"));
        InputException error = Assert.Throws<InputException>(() => store.Insert(Key, Cell("a")));
        Assert.Contains("UNIQUE", error.Message);
        Assert.Single(store.Cells(Key));
    }

    [Fact]
    public void A_store_in_use_refuses_a_second_user_by_name()
    {
        using TemporaryFolder folder = new();
        using CellStore store = Open(folder);
        InputException error = Assert.Throws<InputException>(() => Open(folder));
        Assert.Contains(folder.Path("cells.sqlite"), error.Message);
        Assert.Contains("another process", error.Message);
        store.Insert(Key, Cell("a"));
    }

    [Fact]
    public void A_file_that_is_no_database_is_refused_by_name_and_left_alone()
    {
        using TemporaryFolder folder = new();
        string path = folder.Write("cells.sqlite", new string('x', 5000));
        InputException error = Assert.Throws<InputException>(() => Open(folder));
        Assert.StartsWith(path, error.Message);
        Assert.Equal(new string('x', 5000), File.ReadAllText(path));
    }

    [Fact]
    public void A_damaged_store_is_refused_by_name()
    {
        using TemporaryFolder folder = new();
        using (CellStore store = Open(folder))
        {
            for (int i = 0; i < 200; i++)
                store.Insert(Key, Cell($"cell {i}"));
        }

        string path = folder.Path("cells.sqlite");
        byte[] bytes = File.ReadAllBytes(path);
        Array.Fill(bytes, (byte)0xA5, 4096, bytes.Length - 4096);
        File.WriteAllBytes(path, bytes);
        InputException error = Assert.Throws<InputException>(() =>
        {
            using CellStore store = Open(folder);
            store.Cells(Key);
        });
        Assert.StartsWith(path, error.Message);
    }

    [Theory]
    [InlineData("CREATE TABLE mine (x)", "of another program")]
    [InlineData("PRAGMA application_id = 7", "of another program")]
    [InlineData("PRAGMA application_id = 0x48796272; PRAGMA user_version = 99; CREATE TABLE cells (x)", "got 99")]
    public void A_foreign_database_is_refused(string setup, string message)
    {
        using TemporaryFolder folder = new();
        using (SqliteConnection connection = new($"Data Source={folder.Path("cells.sqlite")};Pooling=False"))
        {
            connection.Open();
            using SqliteCommand command = connection.CreateCommand();
            command.CommandText = setup;
            command.ExecuteNonQuery();
        }

        InputException error = Assert.Throws<InputException>(() => Open(folder));
        Assert.Contains(message, error.Message);
    }

    private static CellStore Open(TemporaryFolder folder) => CellStore.Open(folder.Path("cells.sqlite"));

    private static StoredCell Cell(string key) => new(key, CellValues.Of([[KeyValuePair.Create("value", 1.0)]]), 0.1);
}
