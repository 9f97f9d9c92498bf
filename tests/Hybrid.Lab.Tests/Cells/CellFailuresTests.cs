using Hybrid.Lab.Cells;
using Hybrid.Lab.Tests.Fakes;
using Xunit;

namespace Hybrid.Lab.Tests.Cells;

public class CellFailuresTests
{
    [Fact]
    public void Failures_are_told_cell_by_cell_with_the_last_reason_of_each()
    {
        using TemporaryFolder folder = new();
        CellFolder cells = CellFolder.Create(folder.Root, new FakeCells(10).Plan);
        CellFailures.Add(cells, 9, "cell 9", "the first fault");
        CellFailures.Add(cells, 9, "cell 9", "the second\nat a place");
        CellFailures.Add(cells, 2, "cell 2", "another");
        IReadOnlyList<CellFailure> failing = CellStatus.Of(cells).Failing;
        Assert.Equal(
            [(2, 1, "another"), (9, 2, "the second")], failing.Select(failure => (failure.Index, failure.Attempts, failure.Reason)));
        Assert.Contains("the second", File.ReadAllText(failing[1].Log));
    }

    // Of a log whose writer was killed, or that somebody has cut.
    [Theory]
    [InlineData("", "")]
    [InlineData("cell 2: a key", "")]
    [InlineData("cell 2: a key\nthen on a machine", "")]
    [InlineData("cell 2: a key\nthen on a machine\nthe fault", "the fault")]
    public void A_log_without_its_third_line_gives_no_reason(string log, string reason)
    {
        using TemporaryFolder folder = new();
        Assert.Equal(reason, CellFailures.Reason(folder.Write("000002-1.log", log)));
    }

    [Theory]
    [InlineData("17", "3", "20", "17_3")]
    [InlineData(null, null, "20", "20")]
    [InlineData(null, null, null, null)]
    public void A_process_is_named_with_its_job_where_Slurm_runs_it(string? array, string? task, string? number, string? job)
    {
        (string Name, string? Value)[] wanted =
            [("SLURM_ARRAY_JOB_ID", array), ("SLURM_ARRAY_TASK_ID", task), ("SLURM_JOB_ID", number)];
        (string Name, string? Value)[] before = [.. wanted.Select(item => (item.Name, Environment.GetEnvironmentVariable(item.Name)))];
        try
        {
            Set(wanted);
            Assert.Equal(job, CellOwner.Job);
            Assert.Equal(job is null ? $"{Environment.ProcessId}" : $"{Environment.ProcessId} of job {job}", CellOwner.Process);
        }
        finally
        {
            Set(before);
        }

        static void Set((string Name, string? Value)[] variables)
        {
            foreach ((string name, string? value) in variables)
                Environment.SetEnvironmentVariable(name, value);
        }
    }
}
