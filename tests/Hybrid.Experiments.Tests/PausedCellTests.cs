using Hybrid.Experiments.Catalogue;
using Hybrid.Experiments.Cells;
using Hybrid.Experiments.Designs;
using Hybrid.Experiments.Runs;
using Hybrid.Import.Json;
using Hybrid.Lab.Cells;
using Hybrid.Lab.Tests;
using Xunit;

namespace Hybrid.Experiments.Tests;

/// <summary>Trainings inside experiments, stopped and gone on with.</summary>
public class PausedCellTests
{
    // One training of each kind of cell that trains: each has observers of its own, which carry something from step to step.
    [Theory]
    [InlineData("gradient-flow", "run 1")]
    [InlineData("lyapunov", "exponents on")]
    [InlineData("loss-vs-exponents", "steps, run 1")]
    [InlineData("norm-placement", "peri, Δt")]
    [InlineData("norm-placement", "pre, Δt")]
    [InlineData("residual-growth", "steps warm-up")]
    [InlineData("departures", "post")]
    public void A_training_stopped_after_every_step_measures_the_same_bits_as_one_in_one_piece(string experiment, string key)
    {
        using TemporaryFolder folder = new();
        Cell cell = Designs.Of(experiment).Cells.First(cell => cell.Key.Contains(key));
        string whole = cell.Measure(new(7)).ToJson();
        string scratch = folder.Path("scratch");
        int attempts = 1;
        string? stopped = null;
        for (CellAttempt attempt = new(7, scratch, new(canceled: true)); stopped is null; attempts++)
        {
            try
            {
                stopped = cell.Measure(attempt).ToJson();
            }
            catch (CellPausedException)
            {
                Assert.InRange(attempts, 1, 1000);
            }
        }

        Assert.True(attempts > 10, $"stopped {attempts - 1} times only");
        Assert.Equal(whole, stopped);
    }

    [Fact]
    public void A_stopped_cell_of_an_experiment_is_continued_and_its_scratch_folder_goes_with_the_result()
    {
        using TemporaryFolder folder = new();
        ExperimentPlan plan = new(ExperimentCatalogue.Find("gradient-flow"), ExperimentScale.Quick, 1, 1);
        ExperimentWork work = new(plan, "1");
        CellFolder cells = CellFolder.Create(folder.Path("cells"), work.Plan);
        int index = work.Cells.Index().First(cell => cell.Item.Key.Contains("run 1")).Index;
        string alone = InOnePiece(work, index, folder);

        CellContext context = new(index, 1, 0, cells.Scratch(index), new(canceled: true));
        Assert.Throws<CellPausedException>(() => work.Cells[index].Measure(context));
        Assert.Equal([index], CellStatus.Of(cells).Begun);
        string[] found = Directory.GetFiles(cells.Scratch(index), "record-*.json");
        Assert.Single(found);

        CellRunOutcome outcome = CellRun.Run(work, cells, new(null, [index], CellShard.Whole), 1, _ => { }, default);
        Assert.Equal((1, 1, 0), (outcome.Done, outcome.Measured, outcome.Paused));
        Assert.False(Directory.Exists(cells.Scratch(index)));
        string line = Assert.Single(Directory.GetFiles(cells.FullPath, "*.cell*", SearchOption.AllDirectories).SelectMany(File.ReadLines));
        Assert.Contains(alone, line);
    }

    [Fact]
    public void A_record_that_cannot_be_read_fails_the_cell_twice_and_the_third_attempt_begins_anew()
    {
        using TemporaryFolder folder = new();
        ExperimentPlan plan = new(ExperimentCatalogue.Find("gradient-flow"), ExperimentScale.Quick, 1, 1);
        ExperimentWork work = new(plan, "1");
        int index = work.Cells.Index().First(cell => cell.Item.Key.Contains("run 1")).Index;
        string scratch = folder.Path("scratch");
        Assert.Throws<CellPausedException>(() => work.Cells[index].Measure(new(index, 1, 0, scratch, new(canceled: true))));
        File.WriteAllText(Directory.GetFiles(scratch, "record-*.json").Single(), "{\"Names\": [");
        for (int failures = 0; failures < CellStatus.MostAttempts - 1; failures++)
        {
            InputException error =
                Assert.Throws<InputException>(() => work.Cells[index].Measure(new(index, 1, failures, scratch, default)));
            Assert.Contains("record of an interrupted training", error.Message);
        }

        string values = work.Cells[index].Measure(new(index, 1, CellStatus.MostAttempts - 1, scratch, default)).ToJsonString();
        Assert.Equal(InOnePiece(work, index, folder), values);
    }

    private static string InOnePiece(ExperimentWork work, int index, TemporaryFolder folder) =>
        work.Cells[index].Measure(new(index, 1, 0, folder.Path("in one piece"), default)).ToJsonString();
}
