using System.Collections.Concurrent;
using Hybrid.Architectures;
using Hybrid.Import.Json;
using Hybrid.Import.Records;
using Hybrid.Lab.Cells;
using Hybrid.Lab.Checks;
using Hybrid.Lab.Engines;
using Hybrid.Lab.Speed;
using Hybrid.Lab.Tests.Fakes;
using Hybrid.Networks.Engines.Dense;
using Hybrid.Theory;
using Xunit;

namespace Hybrid.Lab.Tests;

public class CheckTests
{
    [Fact]
    public void Reports_do_not_depend_on_threads()
    {
        static double[] Means(int threads)
        {
            EngineEntry dense = new("dense", "", (architecture, inner) => new DenseEngine(architecture, inner), _ => 1);
            CheckPlan plan = new([Tiny], dense, 5, 3, threads);
            CheckReport report = Check.Run(plan, Predict.Architecture, _ => { }, CancellationToken.None);
            return [.. report.Comparisons[0].Quantities.Select(item => item.Extrapolation.Value)];
        }

        Assert.Equal(Means(1), Means(3));
    }

    // Equal numbers of a seed name equal streams at every width: two ensembles that shared them would not be independent.
    [Fact]
    public void The_two_ensembles_share_no_sample()
    {
        ConcurrentBag<(ulong Seed, int Sample, int Width)> drawn = [];
        EngineEntry recording = FakeEngine.Entry() with
        {
            Create = (architecture, _) => new RecordingEngine(new FakeEngine(architecture, 3, 0.2, 0), drawn),
        };
        Check.Run(new([Tiny], recording, 6, 1, 2), Predict.Architecture, _ => { }, CancellationToken.None);
        Assert.Equal(6 + 32, drawn.Count);
        Assert.Equal(2, drawn.Select(network => network.Width).Distinct().Count());
        Assert.Single(drawn.Select(network => network.Seed).Distinct());
        Assert.Distinct(drawn.Select(network => network.Sample));
    }

    [Fact]
    public void Ensembles_measured_apart_as_cells_report_what_a_check_in_one_piece_does()
    {
        EngineEntry dense = new("dense", "", (architecture, inner) => new DenseEngine(architecture, inner), _ => 1);
        CheckPlan plan = new([Tiny, ArchitectureOverrides.Apply(Tiny, ["norm=post"])], dense, 5, 3, 2);
        CheckReport whole = Check.Run(plan, Predict.Architecture, _ => { }, CancellationToken.None);
        using TemporaryFolder folder = new();
        CheckWork work = new(plan, "1");
        CellFolder cells = CellFolder.Create(folder.Root, work.Plan);
        foreach (int i in (int[])[3, 1, 2])
            CellRun.Run(work, cells, CellAssignment.Of(work.Plan, new(i, 3)), 1, _ => { }, CancellationToken.None);
        CheckWork read = CheckWork.Of(CellFolder.Open(folder.Root).Plan, new([dense]));
        CheckReport apart = read.Report(CellMerge.Run(cells), Predict.Architecture);
        Assert.Equal(
            whole.Comparisons.SelectMany(comparison => comparison.Quantities),
            apart.Comparisons.SelectMany(comparison => comparison.Quantities));
        Assert.Equal(whole.Agreement, apart.Agreement);
    }

    [Fact]
    public void Cells_cost_what_their_networks_do_and_take_the_engines_memory_as_far_as_it_can_be_counted()
    {
        EngineEntry engine = new(
            "dense", "", (architecture, inner) => new DenseEngine(architecture, inner),
            architecture => architecture.Width == Tiny.Width ? 12 : Int128.MaxValue);
        CheckWork work = new(new([Tiny], engine, 5, 3, 2), "1");
        Assert.Equal([12, long.MaxValue >> 1], work.Cells.Select(cell => cell.Bytes!.Value));
        Assert.Equal(
            [5 * NetworkOperations.Of(Tiny), 32 * NetworkOperations.Of(SecondWidth.Of(Tiny))], work.Cells.Select(cell => cell.Cost));
    }

    [Fact]
    public void Progress_counts_every_network_of_both_widths()
    {
        List<CheckProgress> seen = [];
        CheckPlan plan = new([Tiny], FakeEngine.Entry(), 6, 1, 1);
        Check.Run(plan, Predict.Architecture, seen.Add, CancellationToken.None);
        Assert.Equal(6 + 32, plan.Networks);
        Assert.Equal(Enumerable.Range(0, 39), seen.Select(now => now.Done));
        Assert.Equal([0, Tiny.Width, Tiny.Width / 4], seen.Select(now => now.Width).Distinct());
    }

    [Fact]
    public void Cancelling_stops_between_two_networks()
    {
        using CancellationTokenSource source = new();
        int done = 0;
        CheckPlan plan = new([Tiny], FakeEngine.Entry(), 1000, 1, 1);
        void Progress(CheckProgress now)
        {
            if ((done = now.Done) == 3)
                source.Cancel();
        }

        Assert.Throws<OperationCanceledException>(() => Check.Run(plan, Predict.Architecture, Progress, source.Token));
        Assert.Equal(3, done);
    }

    [Fact]
    public void Cancelling_keeps_the_architectures_that_are_finished()
    {
        using CancellationTokenSource source = new();
        CheckPlan plan = new([Tiny, Tiny], FakeEngine.Entry(), 6, 1, 1);
        void Progress(CheckProgress now)
        {
            if (now.Done == 40)
                source.Cancel();
        }

        CheckReport report = Check.Run(plan, Predict.Architecture, Progress, source.Token);
        Assert.False(report.Complete);
        CheckReport whole = Check.Run(plan, Predict.Architecture, _ => { }, CancellationToken.None);
        Assert.True(whole.Complete);
        Assert.Equal(whole.Comparisons[0].Quantities, Assert.Single(report.Comparisons).Quantities);
    }

    [Fact]
    public void Too_few_samples_for_an_error_bar_are_refused()
    {
        CheckPlan plan = new([Tiny], FakeEngine.Entry(), 3, 1, 1);
        InputException error = Assert.Throws<InputException>(() => Check.Run(plan, Predict.Architecture, _ => { }, CancellationToken.None));
        Assert.Contains("--samples must be an integer ≥ 4", error.Message);
    }

    [Fact]
    public void Nothing_to_check_is_refused()
    {
        CheckPlan plan = new([], FakeEngine.Entry(), 4, 1, 1);
        InputException error = Assert.Throws<InputException>(() => Check.Run(plan, Predict.Architecture, _ => { }, CancellationToken.None));
        Assert.Contains("needs at least one architecture", error.Message);
    }

    [Theory]
    [InlineData(64, 8, 2, 16, 50, 50)]
    [InlineData(64, 8, 2, 16, 6, 32)]
    [InlineData(64, 20, 2, 32, 6, 32)]
    [InlineData(64, 40, 2, 128, 6, 6)]
    [InlineData(24, 4, 12, 48, 6, 6)]
    [InlineData(36, 4, 3, 9, 6, 32)]
    public void The_second_width_holds_the_tokens_and_the_heads(int width, int tokens, int heads, int expected, int samples, int networks)
    {
        Architecture architecture = ArchitectureOverrides.Apply(
            ArchitectureModule.Defaults, [$"width={width}", $"mlpWidth={4 * width}", $"tokens={tokens}", $"heads={heads}"]);
        Architecture second = SecondWidth.Of(architecture);
        Assert.Equal((expected, networks), (second.Width, SecondWidth.Networks(architecture, samples)));
        Assert.Equal(4 * expected, second.MlpWidth);
        Assert.Empty(ArchitectureModule.Validate(second));
    }

    [Fact]
    public void An_unknown_engine_is_refused_with_the_nearest_name()
    {
        EngineCatalogue catalogue = new([FakeEngine.Entry()]);
        Assert.Contains("did you mean fake?", Assert.Throws<InputException>(() => catalogue.Find("faek")).Message);
    }

    [Fact]
    public void More_tokens_than_coordinates_are_refused_by_name()
    {
        Architecture wide = ArchitectureOverrides.Apply(ArchitectureModule.Defaults, ["width=16", "tokens=20"]);
        EngineEntry dense = new("dense", "", (architecture, inner) => new DenseEngine(architecture, inner), _ => 1);
        InputException error = Assert.Throws<InputException>(
            () => new EnsembleRun(dense, 1, 1).Measure(wide, 0, 1, () => { }, CancellationToken.None));
        Assert.Contains("cannot build 'example' at width 16", error.Message);
    }

    private static Architecture Tiny => ArchitectureOverrides.Apply(
        ArchitectureModule.Defaults, ["name=tiny", "tokens=4", "depth=2", "width=64", "mlpWidth=64", "heads=2"]);
}
