using Hybrid.Experiments.Designs;
using Hybrid.Experiments.Runs;
using Hybrid.Experiments.Tests.Fakes;
using Hybrid.Import.Json;
using Hybrid.Lab.Tests;
using Xunit;

namespace Hybrid.Experiments.Tests;

public class ExperimentRunTests
{
    [Fact]
    public void A_run_in_parallel_finds_the_numbers_of_a_serial_one()
    {
        Assert.Equal(Values(new FakeExperiment(50), parallel: 1), Values(new FakeExperiment(50), parallel: 7));
    }

    [Fact]
    public void Another_seed_finds_other_numbers_in_every_cell()
    {
        Dictionary<string, double> one = Values(new FakeExperiment(20), 1), other = Values(new FakeExperiment(20), 1, seed: 2);
        Assert.All(one, cell => Assert.NotEqual(cell.Value, other[cell.Key]));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Stopped_and_continued_no_cell_is_lost_or_measured_twice(int parallel)
    {
        using TemporaryFolder folder = new();
        using CancellationTokenSource stop = new();
        FakeExperiment stopping = new(30, index => { if (index == 11) stop.Cancel(); });
        ExperimentOutcome first = Run(stopping, folder, parallel, stop.Token);
        Assert.False(first.Complete);
        Assert.InRange(first.Results.Count, 12, 11 + parallel);
        Assert.Equal(stopping.Measured, first.Results.Count);

        FakeExperiment rest = new(30);
        ExperimentOutcome second = Run(rest, folder, parallel);
        Assert.True(second.Complete);
        Assert.Equal(first.Results.Count, second.Reused);
        Assert.Equal(30, stopping.Measured + rest.Measured);
        Assert.Equal(Values(new FakeExperiment(30), 1), Values(second));
        Assert.Equal(first.Registered, second.Registered);
    }

    [Fact]
    public void A_cell_that_fails_leaves_the_finished_ones_stored()
    {
        using TemporaryFolder folder = new();
        FakeExperiment failing = new(10, index => { if (index == 6) throw new InvalidOperationException("the fault"); });
        Assert.Throws<InvalidOperationException>(() => Run(failing, folder, 1));
        FakeExperiment rest = new(10);
        Assert.Equal(6, Run(rest, folder, 1).Reused);
        Assert.Equal(4, rest.Measured);
    }

    [Fact]
    public void A_finished_experiment_measures_nothing_again()
    {
        using TemporaryFolder folder = new();
        Run(new FakeExperiment(5), folder, 1);
        FakeExperiment again = new(5);
        Assert.True(Run(again, folder, 1).Complete);
        Assert.Equal(0, again.Measured);
    }

    [Fact]
    public void Predictions_cannot_be_changed_after_they_were_registered()
    {
        using TemporaryFolder folder = new();
        Run(new FakeExperiment(5), folder, 1);
        InputException error = Assert.Throws<InputException>(() => Run(new FakeExperiment(5, predicted: 0.7), folder, 1));
        Assert.Contains("registered on", error.Message);
        Assert.Contains("--out", error.Message);
    }

    [Fact]
    public void Progress_counts_up_to_the_whole_and_names_the_time_left()
    {
        using TemporaryFolder folder = new();
        List<ExperimentProgress> reports = [];
        using CellStore store = CellStore.Open(folder.Path("cells.sqlite"));
        ExperimentRun.Run(new(new FakeExperiment(8), ExperimentScale.Quick, 1, 1), store, reports.Add, default);
        Assert.Equal(Enumerable.Range(0, 9), reports.Select(report => report.Done));
        Assert.Null(reports[0].Left);
        Assert.Equal(TimeSpan.Zero, reports[^1].Left);
    }

    private static Dictionary<string, double> Values(FakeExperiment experiment, int parallel, ulong seed = 1)
    {
        using TemporaryFolder folder = new();
        return Values(Run(experiment, folder, parallel, default, seed));
    }

    private static Dictionary<string, double> Values(ExperimentOutcome outcome) =>
        outcome.Plan.Design.Cells.ToDictionary(cell => cell.Key, cell => outcome.Results[cell]["value"].Mean);

    private static ExperimentOutcome Run(
        FakeExperiment experiment, TemporaryFolder folder, int parallel, CancellationToken cancellation = default, ulong seed = 1)
    {
        using CellStore store = CellStore.Open(folder.Path("cells.sqlite"));
        return ExperimentRun.Run(new(experiment, ExperimentScale.Full, seed, parallel), store, _ => { }, cancellation);
    }
}
