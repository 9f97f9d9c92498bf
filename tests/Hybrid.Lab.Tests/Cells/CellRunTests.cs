using Hybrid.Import.Files;
using Hybrid.Import.Json;
using Hybrid.Lab.Cells;
using Hybrid.Lab.Engines;
using Hybrid.Lab.Tests.Fakes;
using Xunit;

namespace Hybrid.Lab.Tests.Cells;

public class CellRunTests
{
    private const int Many = 700;

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 5)]
    [InlineData(3, 2)]
    [InlineData(11, 1)]
    public void The_merged_bytes_are_the_same_whatever_the_number_of_parts_and_threads(int parts, int threads)
    {
        using TemporaryFolder folder = new();
        byte[] whole = Merged(folder.Path("whole"), 1, 1), split = Merged(folder.Path("split"), parts, threads);
        Assert.Equal(whole, split);
        Assert.Equal(Many, split.Count(value => value == '\n'));
    }

    [Fact]
    public void What_is_finished_is_not_measured_again_in_parts_of_another_number()
    {
        using TemporaryFolder folder = new();
        FakeCells work = new(100), again = new(100);
        Run(work, folder.Root, new(1, 3));
        int first = work.Measured;
        Assert.InRange(first, 33, 34);
        foreach (int i in (int[])[1, 2])
            Run(again, folder.Root, new(i, 2));
        Assert.Equal(100 - first, again.Measured);
    }

    [Fact]
    public void Packs_leave_few_files_and_hold_what_the_files_held()
    {
        using TemporaryFolder folder = new();
        Run(new FakeCells(Many), folder.Root, CellShard.Whole);
        Assert.Empty(Directory.GetFiles(folder.Path("cells"), "*", SearchOption.AllDirectories));
        Assert.Equal((Many + CellWriter.PackSize - 1) / CellWriter.PackSize, Directory.GetFiles(folder.Path("packs")).Length);
        FakeCells again = new(Many);
        Assert.True(Run(again, folder.Root, CellShard.Whole).Complete);
        Assert.Equal(0, again.Measured);
    }

    [Fact]
    public void Two_processes_with_one_part_store_each_cell_once()
    {
        using TemporaryFolder folder = new();
        using Barrier both = new(2);
        void Meet(CellContext context)
        {
            if (context.Index == 0)
                both.SignalAndWait(TimeSpan.FromSeconds(30));
        }

        FakeCells one = new(300, Meet), other = new(300, Meet);
        Thread second = new(() => Run(other, folder.Root, CellShard.Whole));
        second.Start();
        Run(one, folder.Root, CellShard.Whole);
        second.Join();
        Assert.InRange(one.Measured + other.Measured, 301, 600);
        Assert.Equal(300, CellMerge.Run(CellFolder.Open(folder.Root)).Count);
        Assert.Equal(Merged(folder.Path("alone"), 1, 1, 300), File.ReadAllBytes(folder.Path("results.jsonl")));
    }

    [Fact]
    public void A_cell_that_fails_three_times_is_reported_with_its_log_and_does_not_stop_the_others()
    {
        using TemporaryFolder folder = new();
        FakeCells work = new(20, context =>
        {
            if (context.Index == 7)
                throw new InvalidOperationException("the fault");
        });
        CellRunOutcome outcome = Run(work, folder.Root, CellShard.Whole);
        Assert.Equal((19, 20, 22), (outcome.Done, outcome.Total, work.Measured));
        Assert.Equal([7], outcome.Failed);
        CellStatus status = CellStatus.Of(CellFolder.Open(folder.Root));
        CellFailure failure = Assert.Single(status.Failed);
        Assert.Equal((7, 3), (failure.Index, failure.Attempts));
        Assert.Contains("the fault", failure.Reason);
        Assert.Contains("cell 7", File.ReadAllText(failure.Log));
        Assert.Empty(status.Missing);
        Assert.Contains("1 of 20 cells are missing, the first is 7", Refusal(folder.Root));
    }

    [Fact]
    public void A_retry_takes_only_what_is_missing_and_leaves_alone_what_failed_three_times_unless_it_is_told()
    {
        using TemporaryFolder folder = new();
        FakeCells disturbed = new(20, context => { if (context.Index == 7) throw new IOException("a disturbance"); });
        Run(disturbed, folder.Root, CellShard.Whole);
        FakeCells rest = new(20);
        CellFolder cells = CellFolder.Open(folder.Root);
        Assert.Empty(CellRetry.Missing(rest, cells, forgive: false));
        CellBatch batch = CellRetry.Prepare(cells, CellRetry.Missing(rest, cells, forgive: true));
        Assert.Equal([7], batch.Cells);
        Assert.True(CellRun.Run(rest, cells, CellAssignment.Of(CellBatch.Read(cells, batch.Name), CellShard.Whole), 1, _ => { }, default)
            .Complete);
        Assert.Equal(1, rest.Measured);
        Assert.Equal(20, CellMerge.Run(cells).Count);
    }

    [Fact]
    public void A_disturbance_that_passes_costs_an_attempt_and_no_cell()
    {
        using TemporaryFolder folder = new();
        FakeCells work = new(10, context => { if (context.Index == 3 && context.Failures < 2) throw new IOException("passes"); });
        Assert.True(Run(work, folder.Root, CellShard.Whole).Complete);
        Assert.Equal(12, work.Measured);
    }

    [Fact]
    public void What_has_failed_three_times_is_left_alone_and_what_has_failed_twice_is_tried_once_more()
    {
        using TemporaryFolder folder = new();
        FakeCells work = new(6);
        CellFolder cells = CellFolder.Create(folder.Root, work.Plan);
        foreach (int index in (int[])[2, 2, 2, 4, 4])
            CellFailures.Add(cells, index, work.Cells[index].Key, "the fault");
        FakeCells again = new(6, context => Assert.Equal(context.Index == 4 ? 2 : 0, context.Failures));
        CellRunOutcome outcome = Run(again, folder.Root, CellShard.Whole);
        Assert.Equal((5, 5), (outcome.Done, again.Measured));
        Assert.Equal([2], outcome.Failed);
    }

    // Threads are those of cells at a time, and what fewer cells leave of them is shared out.
    [Theory]
    [InlineData(1, 4, 4)]
    [InlineData(2, 5, 2)]
    [InlineData(3, 4, 1)]
    [InlineData(7, 2, 1)]
    public void A_cell_may_use_what_the_others_leave_of_the_threads(int cells, int threads, int each)
    {
        using TemporaryFolder folder = new();
        Run(new FakeCells(cells, context => Assert.Equal(each, context.Threads)), folder.Root, CellShard.Whole, threads);
        Assert.Empty(CellStatus.Of(CellFolder.Open(folder.Root)).Failing);
        Assert.True(CellStatus.Of(CellFolder.Open(folder.Root)).Complete);
    }

    [Fact]
    public void A_full_pack_is_written_with_its_last_cell()
    {
        using TemporaryFolder folder = new();
        CellFolder cells = CellFolder.Create(folder.Root, new FakeCells(CellWriter.PackSize).Plan);
        using CellWriter writer = new(cells, "all-1-of-1");
        for (int index = 0; index < CellWriter.PackSize; index++)
        {
            Assert.Empty(cells.PackFiles());
            writer.Write(new(index, $"cell {index}", "{}", 1, "a kind"));
        }

        Assert.Single(cells.PackFiles());
        Assert.Empty(cells.CellFiles());
    }

    [Fact]
    public void A_full_disk_ends_the_process_with_its_reason_and_keeps_what_was_finished()
    {
        using TemporaryFolder folder = new();
        FakeCells work = new(30), rest = new(30);
        CellFolder cells = CellFolder.Create(folder.Root, work.Plan);
        FullDisk disk = new(12);
        FileCalls.Replace(disk);
        InputException error = Assert.Throws<InputException>(() => Run(work, folder.Root, CellShard.Whole));
        FileCalls.Replace(null);
        Assert.Contains("No space left on device", error.Message);
        Assert.Empty(Directory.GetFiles(folder.Root, "*.partial", SearchOption.AllDirectories));
        CellStatus status = CellStatus.Of(cells);
        Assert.Equal((12, 18), (status.Done, status.Missing.Count));
        Assert.Empty(status.Failing);
        Assert.True(Run(rest, folder.Root, CellShard.Whole).Complete);
        Assert.Equal(18, rest.Measured);
        Assert.Equal(Merged(folder.Path("alone"), 1, 1, 30), Bytes(folder.Root));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(64)]
    [InlineData(90)]
    public void A_torn_file_is_no_result_and_its_cell_is_measured_again(int length)
    {
        using TemporaryFolder folder = new();
        Run(new FakeCells(10), folder.Root, CellShard.Whole);
        string file = folder.Path("cells/000/000004.cell");
        File.WriteAllBytes(file, File.ReadAllBytes(file)[..length]);
        CellStatus status = CellStatus.Of(CellFolder.Open(folder.Root));
        Assert.Equal((9, file), (status.Done, Assert.Single(status.Damaged)));
        Assert.Equal([4], status.Missing);
        FakeCells again = new(10);
        Run(again, folder.Root, CellShard.Whole);
        Assert.Equal(1, again.Measured);
        Assert.Equal(Merged(folder.Path("alone"), 1, 1, 10), Bytes(folder.Root));
    }

    [Fact]
    public void Any_changed_byte_of_a_cell_is_noticed()
    {
        using TemporaryFolder folder = new();
        Run(new FakeCells(1), folder.Root, CellShard.Whole);
        string file = folder.Path("cells/000/000000.cell");
        byte[] whole = File.ReadAllBytes(file);
        for (int i = 0; i < whole.Length - 1; i++)
        {
            byte[] changed = [.. whole];
            changed[i] ^= 1;
            File.WriteAllBytes(file, changed);
            Assert.Equal(0, CellStatus.Of(CellFolder.Open(folder.Root)).Done);
        }
    }

    [Fact]
    public void A_pack_torn_in_the_middle_loses_its_torn_cell_alone()
    {
        using TemporaryFolder folder = new();
        Run(new FakeCells(50), folder.Root, CellShard.Whole);
        string pack = Assert.Single(Directory.GetFiles(folder.Path("packs")));
        string text = File.ReadAllText(pack);
        File.WriteAllText(pack, text[..^20]);
        FakeCells again = new(50);
        Assert.True(Run(again, folder.Root, CellShard.Whole).Complete);
        Assert.Equal(1, again.Measured);
    }

    [Fact]
    public void Cancelled_it_loses_nothing_and_counts_nothing_as_a_failure()
    {
        using TemporaryFolder folder = new();
        using CancellationTokenSource stop = new();
        FakeCells stopped = new(40, context =>
        {
            if (context.Index == 20)
            {
                stop.Cancel();
                context.Cancellation.ThrowIfCancellationRequested();
            }
        });
        CellFolder cells = CellFolder.Create(folder.Root, stopped.Plan);
        CellRunOutcome outcome = CellRun.Run(stopped, cells, CellAssignment.Of(stopped.Plan, CellShard.Whole), 2, _ => { }, stop.Token);
        Assert.True(outcome is { Stopped: true, Complete: false });
        CellStatus status = CellStatus.Of(cells);
        Assert.Equal((outcome.Done, 40 - outcome.Done), (status.Done, status.Missing.Count));
        Assert.Empty(status.Failing);
        Assert.Empty(status.Lost);
        FakeCells rest = new(40);
        Run(rest, folder.Root, CellShard.Whole);
        Assert.Equal(40 - outcome.Done, rest.Measured);
    }

    [Theory]
    [InlineData(true, 1, true)]
    [InlineData(false, 0, false)]
    public void Stopped_in_its_first_cell_a_task_is_worth_beginning_again_if_the_cell_has_come_further(
        bool further, int paused, bool goesOn)
    {
        using TemporaryFolder folder = new();
        using CancellationTokenSource stop = new();
        FakeCells work = new(5, context =>
        {
            stop.Cancel();
            throw further ? new CellPausedException(context.Cancellation) : new OperationCanceledException(context.Cancellation);
        });
        CellFolder cells = CellFolder.Create(folder.Root, work.Plan);
        CellRunOutcome outcome = CellRun.Run(work, cells, CellAssignment.Of(work.Plan, CellShard.Whole), 1, _ => { }, stop.Token);
        Assert.Equal((0, 0, paused, goesOn), (outcome.Done, outcome.Measured, outcome.Paused, outcome.GoesOn));
        Assert.Empty(CellStatus.Of(cells).Failing);
    }

    [Fact]
    public void A_cell_that_another_process_measures_is_left_to_it()
    {
        using TemporaryFolder folder = new();
        CellRunOutcome outcome = Run(
            new FakeCells(5, context => { if (context.Index == 2) throw new CellBusyException("held", new IOException()); }),
            folder.Root, CellShard.Whole);
        Assert.Equal((4, 1), (outcome.Done, outcome.Busy));
        Assert.Empty(CellStatus.Of(CellFolder.Open(folder.Root)).Failing);
    }

    [Fact]
    public void A_machine_without_the_engine_gives_up_at_once_and_blames_no_cell()
    {
        using TemporaryFolder folder = new();
        FakeCells work = new(5, _ => throw new EngineMissingException("no GPU"));
        Assert.Throws<EngineMissingException>(() => Run(work, folder.Root, CellShard.Whole));
        Assert.Equal(1, work.Measured);
        Assert.Empty(CellStatus.Of(CellFolder.Open(folder.Root)).Failing);
    }

    [Fact]
    public void What_a_process_was_measuring_when_it_vanished_counts_as_failed_once_by_the_next_retry()
    {
        using TemporaryFolder folder = new();
        FakeCells work = new(6);
        CellFolder cells = CellFolder.Create(folder.Root, work.Plan);
        Directory.CreateDirectory(folder.Path("running"));

        // A mark of this machine whose process is none: numbers of processes begin at 1.
        File.WriteAllText(
            folder.Path("running/all-1-of-1.abc.json"),
            $$"""{"host":"{{Environment.MachineName}}","process":0,"start":"1","job":"17_3","cells":[4]}""");
        CellStatus before = CellStatus.Of(cells);
        Assert.Equal([4], before.Lost);
        Assert.Equal(Enumerable.Range(0, 6), before.Missing);
        Assert.Equal(6, CellRetry.Missing(work, cells, forgive: false).Count);
        CellStatus after = CellStatus.Of(cells);
        Assert.Empty(after.Lost);
        CellFailure failure = Assert.Single(after.Failing);
        Assert.Equal((4, 1), (failure.Index, failure.Attempts));
        Assert.Contains("job 17_3", failure.Reason);
    }

    // Numbers of processes come again: a mark is alive where its process runs and began when the mark says.
    [Fact]
    public void A_mark_of_this_machine_is_alive_as_long_as_its_own_process_is()
    {
        using TemporaryFolder folder = new();
        CellFolder cells = CellFolder.Create(folder.Root, new FakeCells(6).Plan);
        using RunningMark own = new(cells, "all-1-of-1");
        string path = Assert.Single(RunningMark.Of(cells, null)).Path, text = File.ReadAllText(path);
        Assert.True(Assert.Single(RunningMark.Of(cells, null)).Alive);
        foreach ((string field, string other) in (IEnumerable<(string, string)>)
        [
            ($"\"process\":{Environment.ProcessId}", "\"process\":0"),
            ("\"start\":\"", "\"start\":\"1"),
        ])
        {
            string mark = folder.Path("running/all-2-of-2.abc.json");
            Assert.Contains(field, text);
            File.WriteAllText(mark, text.Replace(field, other));
            Assert.False(Assert.Single(RunningMark.Of(cells, "all-2-of-2")).Alive);
        }
    }

    [Fact]
    public void A_mark_of_another_machine_is_alive_as_long_as_it_beats()
    {
        using TemporaryFolder folder = new();
        CellFolder cells = CellFolder.Create(folder.Root, new FakeCells(6).Plan);
        Directory.CreateDirectory(folder.Path("running"));
        string mark = folder.Path("running/all-1-of-1.abc.json");
        File.WriteAllText(mark, """{"host":"elsewhere","process":1,"start":"1","job":null,"cells":[4]}""");
        Assert.Equal([4], CellStatus.Of(cells).Running);
        Assert.Equal([0, 1, 2, 3, 5], CellStatus.Of(cells).Missing);
        File.SetLastWriteTimeUtc(mark, DateTime.UtcNow - TimeSpan.FromMinutes(5));
        Assert.Equal([4], CellStatus.Of(cells).Lost);
    }

    [Fact]
    public void While_cells_are_measured_the_status_says_which()
    {
        using TemporaryFolder folder = new();
        IReadOnlyList<int> seen = [];
        FakeCells work = new(5, context => { if (context.Index == 3) seen = CellStatus.Of(CellFolder.Open(folder.Root)).Running; });
        Run(work, folder.Root, CellShard.Whole);
        Assert.Equal([3], seen);
        Assert.Empty(CellStatus.Of(CellFolder.Open(folder.Root)).Running);
        Assert.Empty(Directory.GetFiles(folder.Path("running")));
    }

    [Theory]
    [InlineData(2UL, "1", "seed is 1 there and 2 here")]
    [InlineData(1UL, "2", "version is \"1\" there and \"2\" here")]
    public void A_shard_of_another_plan_or_version_is_refused(ulong seed, string version, string difference)
    {
        using TemporaryFolder folder = new();
        Run(new FakeCells(10), folder.Root, new(1, 2));
        FakeCells other = new(10, null, seed, version);
        InputException error = Assert.Throws<InputException>(() => Run(other, folder.Root, new(2, 2)));
        Assert.Contains(difference, error.Message);
        Assert.Equal(0, other.Measured);
    }

    [Fact]
    public void A_file_from_the_folder_of_another_plan_is_refused_by_name()
    {
        using TemporaryFolder folder = new();
        Run(new FakeCells(10), folder.Path("one"), CellShard.Whole);
        Run(new FakeCells(10, null, seed: 2), folder.Path("other"), CellShard.Whole);
        File.Copy(folder.Path("other/cells/000/000003.cell"), folder.Path("one/cells/000/000003.cell"), overwrite: true);
        Assert.Contains("000003.cell: is of another plan or version", Refusal(folder.Path("one")));
    }

    [Fact]
    public void A_cell_that_is_there_twice_with_different_values_is_refused()
    {
        using TemporaryFolder folder = new();
        Run(new FakeCells(3), folder.Root, CellShard.Whole);
        string file = folder.Path("cells/000/000000.cell");
        byte[] first = File.ReadAllBytes(file);
        using (CellWriter writer = new(CellFolder.Open(folder.Root), "all-1-of-2"))
        {
            for (int i = 0; i < 40; i++)
                writer.Write(new(0, "cell 0", "{\"value\":7}", 1, "another kind"));
        }

        File.WriteAllBytes(file, first);
        Assert.Contains("cell 0 was measured twice, with different values", Refusal(folder.Root));
    }

    [Fact]
    public void A_plan_that_was_edited_is_refused()
    {
        using TemporaryFolder folder = new();
        Run(new FakeCells(3), folder.Root, CellShard.Whole);
        File.WriteAllText(folder.Path("plan.json"), File.ReadAllText(folder.Path("plan.json")).Replace("\"seed\": 1", "\"seed\":  1"));
        Assert.Contains("has been edited", Refusal(folder.Root));
        string plan = File.ReadAllText(folder.Path("plan.json"));
        File.WriteAllText(folder.Path("plan.json"), plan.Replace("\"format\"", "\"more\": 1,\n \"format\""));
        Assert.Contains("'more' is not a field", Refusal(folder.Root));
    }

    [Fact]
    public void A_plan_has_a_cell_at_least() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new CellPlan("fake", "1", 1, 0, []));

    private static string Refusal(string folder) => Assert.Throws<InputException>(() => CellMerge.Run(CellFolder.Open(folder))).Message;

    private static CellRunOutcome Run(FakeCells work, string folder, CellShard shard, int threads = 1) => CellRun.Run(
        work, CellFolder.Create(folder, work.Plan), CellAssignment.Of(work.Plan, shard), threads, _ => { }, default);

    private static byte[] Merged(string folder, int parts, int threads, int cells = Many)
    {
        // The last part first: nor does the order matter.
        for (int i = parts; i >= 1; i--)
            Run(new FakeCells(cells), folder, new(i, parts), threads);
        return Bytes(folder);
    }

    private static byte[] Bytes(string folder)
    {
        CellMerge.Run(CellFolder.Open(folder));
        return File.ReadAllBytes(Path.Combine(folder, "results.jsonl"));
    }

    /// <summary>Has room for so many cells.</summary>
    private sealed class FullDisk(int cells) : FileCalls
    {
        private int _cells;

        public override FileStream Open(string path, FileMode mode, FileAccess access, FileShare share) =>
            path.Contains(".cell") && ++_cells > cells
                ? throw new IOException("No space left on device", 28)
                : base.Open(path, mode, access, share);
    }
}
