using System.Diagnostics;
using Hybrid.Architectures;
using Hybrid.Import.Checkpoints;
using Hybrid.Import.Files;
using Hybrid.Import.Json;
using Hybrid.Import.Records;
using Hybrid.Lab.Cells;
using Hybrid.Lab.Tests.Fakes;
using Hybrid.Lab.Tests.Training;
using Hybrid.Lab.Training;
using Xunit;

namespace Hybrid.Lab.Tests;

/// <summary>
/// Whatever leaves files: cut off at any of its calls by a loss of power, and given again, it leaves what it would have left; and what it
/// has once said to be done is there, whatever the disk forgets. For runs: <see cref="PowerLossTests"/>.
/// </summary>
public class DurableFilesTests
{
    private static readonly Dictionary<string, (Action<string> Do, string[] Files)> All = new()
    {
        ["a text in a folder of its own"] = (Text, ["new/folder/page.html"]),
        ["an exported network"] = (Export, ["out/fresh/config.json", "out/fresh/model.safetensors"]),
        ["a plan of cells, measured and merged"] = (Measure, ["grid/plan.json", "grid/results.jsonl"]),
        ["a run whose log is damaged"] = (
            Mend, ["run/log.jsonl", "run/checkpoints/step-000000012/weights.safetensors", "run/checkpoints/step-000000012/state.json"]),
    };

    public static TheoryData<string> Names => [.. All.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void No_loss_of_power_leaves_what_cannot_be_done_again_and_none_takes_what_is_done(string name)
    {
        using TemporaryFolder folder = new();
        (Action<string> work, string[] files) = All[name];
        string whole = folder.Path("whole"), root = Directory.CreateDirectory(folder.Path("disk")).FullName;
        FileCalls.Replace(new HastyCalls());
        Directory.CreateDirectory(whole);
        work(whole);
        Dictionary<string, byte[]> expected = files.ToDictionary(file => file, file => File.ReadAllBytes(Path.Combine(whole, file)));
        RecordedCalls recorded = new();
        FileCalls.Replace(recorded);
        work(root);
        FileCalls.Replace(new HastyCalls());
        Assert.True(recorded.Calls.Count >= 3 * files.Length, $"{recorded.Calls.Count} calls");
        ForgetfulDisk.EveryLoss(folder, root, recorded.Calls, (left, cut, where) =>
        {
            if (cut == recorded.Calls.Count)
                AssertLeft(expected, left, where);
            Exception? error = Record.Exception(() => work(left));
            Assert.True(error is null || IsDone(error), $"{where}: {error}");
            AssertLeft(expected, left, where);
        });
    }

    [Theory]
    [InlineData("No space left on device", 28, "make room")]
    [InlineData("Read-only file system", 30, "")]
    public void Whatever_call_fails_an_export_says_so_and_leaves_nothing_half_written(string message, int code, string remedy)
    {
        using TemporaryFolder folder = new();
        int refused = 0;
        foreach (bool lasting in (bool[])[false, true])
        {
            for (int number = 0; ; number++)
            {
                string root = Directory.CreateDirectory(folder.Path($"{number}-{lasting}")).FullName;
                FailingCalls failing = new(number, () => new IOException(message, code), shortWrite: lasting, lasting);
                FileCalls.Replace(failing);
                Exception? error = Record.Exception(() => Export(root));
                FileCalls.Replace(new HastyCalls());
                if (!failing.Failed)
                    break;
                refused += error is null ? 0 : 1;
                Assert.True(error is null || (error is InputException && error.Message.Contains(message)), $"call {number}: {error}");
                Assert.Contains(remedy, error?.Message ?? remedy);
                Assert.DoesNotContain(".partial", error?.Message ?? "");
                string weights = Path.Combine(root, "out/fresh/model.safetensors");
                if (!File.Exists(weights))
                    Export(root);
                using Checkpoint checkpoint = Checkpoint.Open(Path.GetDirectoryName(weights)!);
            }
        }

        Assert.True(refused > 10, $"{refused} calls failed");
    }

    [Fact]
    public void An_export_is_written_over_nothing_that_is_not_its_own_unfinished_one()
    {
        using TemporaryFolder folder = new();
        FileCalls.Replace(new HastyCalls());
        Export(folder.Root);
        string config = folder.Path("out/fresh/config.json"), weights = folder.Path("out/fresh/model.safetensors");
        byte[] whole = File.ReadAllBytes(weights);
        Assert.True(IsDone(Assert.Throws<InputException>(() => Export(folder.Root))));
        File.Delete(weights);
        Export(folder.Root);
        Assert.Equal(whole, File.ReadAllBytes(weights));
        File.Delete(weights);
        File.AppendAllText(config, " ");
        Assert.True(IsDone(Assert.Throws<InputException>(() => Export(folder.Root))));
        File.Delete(config);
        File.WriteAllText(folder.Path("out/fresh/model-00001-of-00002.safetensors"), "");
        Assert.True(IsDone(Assert.Throws<InputException>(() => Export(folder.Root))));
    }

    [Fact]
    public void Half_written_files_of_a_process_that_has_ended_are_removed_and_those_of_one_that_runs_are_not()
    {
        using TemporaryFolder folder = new();
        using Process ended = Process.Start(new ProcessStartInfo("true"))!;
        int number = ended.Id;
        ended.WaitForExit();
        string mine = Path.GetFileName(Leftovers.NameFor("page.html")), system = mine.Split('.')[^3];
        string[] names = [mine, $"page.html.0123456789ab.{system}.{number}.partial", $"page.html.0123456789ab.00000000.{number}.partial"];
        foreach (string name in names)
            folder.Write(name, "<");
        AtomicFile.WriteText(folder.Path("page.html"), "<p>");
        Assert.Equal([names[2], mine, "page.html"], Listed(folder));
        // Of a machine that cannot be seen from here, when it has been still for long.
        File.SetLastWriteTimeUtc(folder.Path(names[2]), DateTime.UtcNow - TimeSpan.FromHours(2));
        AtomicFile.WriteText(folder.Path("page.html"), "<p>");
        Assert.Equal([mine, "page.html"], Listed(folder));
    }

    [Fact]
    public void A_folder_of_cells_is_cleared_of_them_on_the_next_start()
    {
        using TemporaryFolder folder = new();
        Measure(folder.Root);
        using Process ended = Process.Start(new ProcessStartInfo("true"))!;
        int number = ended.Id;
        ended.WaitForExit();
        string system = Leftovers.NameFor("").Split('.')[^3];
        string[] names = ["plan.json", "packs/all-1-of-1.a.cells", "cells/000/000004.cell", "failures/000001-a.log"];
        foreach (string name in names)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(folder.Path($"grid/{name}"))!);
            File.WriteAllText(folder.Path($"grid/{name}.0123456789ab.{system}.{number}.partial"), "{");
        }

        Measure(folder.Root);
        Assert.Empty(Directory.GetFiles(folder.Root, "*.partial", SearchOption.AllDirectories));
    }

    private static IEnumerable<string?> Listed(TemporaryFolder folder) =>
        Directory.GetFiles(folder.Root).Select(Path.GetFileName).OrderBy(name => name!.Length > 9 ? 0 : 1).ThenBy(
            name => name!.Contains(".00000000.") ? 0 : 1);

    private static bool IsDone(Exception error) => error is InputException && error.Message.Contains("holds a checkpoint already");

    private static void AssertLeft(Dictionary<string, byte[]> expected, string left, string where)
    {
        foreach ((string file, byte[] bytes) in expected)
        {
            string path = Path.Combine(left, file);
            Assert.True(File.Exists(path) && bytes.AsSpan().SequenceEqual(File.ReadAllBytes(path)), $"{where}: {file}");
        }
    }

    private static void Text(string root)
    {
        string folder = Path.Combine(root, "new/folder");
        DurableFolder.Make(folder);
        AtomicFile.WriteText(Path.Combine(folder, "page.html"), "<html>π</html>");
    }

    private static void Export(string root)
    {
        Architecture record = ArchitectureOverrides.Apply(
            ArchitectureModule.Defaults,
            ["tokens=4", "depth=1", "width=8", "mlpWidth=8", "heads=2", "mask=causal", "activation=gelu", "name=small"]);
        CheckpointWriter.Write(record, Path.Combine(root, "out/fresh"), null, 5, tied: true, seed: 3, threads: 1);
    }

    private static void Measure(string root)
    {
        FakeCells work = new(16);
        CellFolder folder = CellFolder.Create(Path.Combine(root, "grid"), work.Plan);
        Assert.True(CellRun.Run(work, folder, CellAssignment.Of(work.Plan, CellShard.Whole), 1, _ => { }, default).Complete);
        CellMerge.Run(folder);
    }

    /// <summary>A run to step 8 whose third line is damaged there, and on to its end.</summary>
    private static void Mend(string root)
    {
        const string Bad = "{\"step\":2,\"lo";
        TrainingPlan plan = Plans.Small(12) with { CheckpointEvery = 4 };
        string run = Path.Combine(root, "run"), log = Path.Combine(run, "log.jsonl"), done = Path.Combine(root, "damaged");
        if (!File.Exists(done))
        {
            if (!Directory.Exists(Path.Combine(run, "checkpoints/step-000000008")))
                Plans.RunUntil(run, plan, 8);
            int start = File.ReadAllLines(log).Take(2).Sum(line => line.Length + 1);
            using (FileStream file = FileCalls.Current.Open(log, FileMode.Open, FileAccess.ReadWrite, FileShare.Read))
            {
                file.Position = start;
                file.Write([.. Bad.Select(letter => (byte)letter), .. Enumerable.Repeat((byte)' ', 8)]);
                FileCalls.Current.Sync(file);
            }

            AtomicFile.WriteText(done, "");
        }

        using (RunDirectory directory = RunDirectory.Open(run))
            Resumption.Prepare(directory, strict: false, acceptChanges: false, _ => { });
        Plans.Run(run, plan);
    }
}
