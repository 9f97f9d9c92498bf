using Hybrid.Lab.Cells;
using Hybrid.Lab.Slurm;
using Xunit;

namespace Hybrid.Lab.Tests.Cells;

public class SlurmOptionsTests
{
    [Theory]
    [InlineData("30", 1800)]
    [InlineData("1:30", 90)]
    [InlineData("2:00:00", 7200)]
    [InlineData("1-12", 129600)]
    [InlineData("1-12:30", 131400)]
    [InlineData("1-12:30:15", 131415)]
    public void A_time_is_read_as_Slurm_reads_it(string text, double seconds) => Assert.Equal(seconds, SlurmOptions.SecondsOf(text));

    [Theory]
    [InlineData(1, "0:01:00")]
    [InlineData(3600, "1:00:00")]
    [InlineData(3601, "1:01:00")]
    public void Seconds_are_rounded_up_to_minutes(double seconds, string text) => Assert.Equal(text, SlurmOptions.TimeText(seconds));

    [Fact]
    public void Options_come_back_and_go_over_earlier_ones()
    {
        SlurmOptions options = new("short", null, "1:00:00", 3L << 30, 2, 4, 50, "/site.sh");
        Assert.Equal(options, SlurmOptions.Parse(options.ToText(), "slurm.json"));
        Assert.Equal(options with { Time = "5" }, new SlurmOptions(Time: "5").Over(options, cpusGiven: false));
        Assert.Equal(options with { Cpus = 1 }, new SlurmOptions().Over(options, cpusGiven: true));
    }

    // Memory by powers of two with the runtime's gigabyte, and four thirds of what a cell takes; time for a task's share and one cell
    // more, twice, and two minutes.
    [Fact]
    public void Cells_that_need_equal_memory_share_an_array_and_the_largest_come_first()
    {
        const long GiB = 1L << 30;
        Sized work = new([GiB / 2, 5 * GiB, GiB / 4, 6 * GiB, null, (6 * GiB) + (2 << 20)]);
        IReadOnlyList<SlurmArray> arrays = SlurmArray.Of(work, [0, 1, 2, 3, 4, 5], new(), secondsPerCost: 60);
        Assert.Equal([16384L, 8192, 4096, 2048], arrays.Select(array => array.MemoryMiB));
        Assert.Equal([[5], [1, 3], [4], [0, 2]], arrays.Select(array => array.Cells.ToArray()));
        Assert.Equal([1, 1, 1, 1], arrays.Select(array => array.Tasks));
        Assert.Equal([240.0 + 120, 240 + 240, 240 + 120, 240 + 240], arrays.Select(array => array.Seconds));
        SlurmArray asked = Assert.Single(SlurmArray.Of(work, [0, 1, 2, 3, 4], new(Memory: 3 * GiB, Tasks: 9), null));
        Assert.Equal((3072L, 5, double.NaN), (asked.MemoryMiB, asked.Tasks, asked.Seconds));
    }

    [Fact]
    public void A_line_with_a_name_for_which_nothing_is_given_is_left_out_and_the_shell_keeps_its_own()
    {
        Dictionary<string, string?> values = new() { ["tasks"] = "7", ["command"] = "hybrid 'it''s'" };
        string script = SlurmTemplate.Fill("#SBATCH --time={time}\n#SBATCH --array=1-{tasks}\n{command} ${A:-1} $B\n", "site.sh", values);
        Assert.Equal("#SBATCH --array=1-7\nhybrid 'it''s' ${A:-1} $B\n", script);
    }

    private sealed class Sized(long?[] bytes) : ICellWork
    {
        public CellPlan Plan { get; } = new("fake", "1", 1, 5, []);

        public IReadOnlyList<CellTask> Cells { get; } = [.. bytes.Select((size, i) => new CellTask($"{i}", 1, size, _ => []))];

        public int MostAtATime => 1;

        public bool WantsGpu => false;

        public string? Device => null;
    }
}
