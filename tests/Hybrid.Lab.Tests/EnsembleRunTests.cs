using Hybrid.Architectures;
using Hybrid.Import.Json;
using Hybrid.Import.Records;
using Hybrid.Lab.Engines;
using Hybrid.Lab.Statistics;
using Hybrid.Lab.Tests.Fakes;
using Xunit;

namespace Hybrid.Lab.Tests;

public class EnsembleRunTests
{
    private static readonly Architecture Tiny = ArchitectureOverrides.Apply(
        ArchitectureModule.Defaults, ["name=tiny", "tokens=4", "depth=2", "width=64", "mlpWidth=64", "heads=2"]);

    [Theory]
    [InlineData(1000, 1)]
    [InlineData(2999, 2)]
    [InlineData(1_000_000, 6)]
    public void Memory_bounds_the_engines_at_a_time_and_not_the_result(long memory, int engines)
    {
        EngineEntry entry = FakeEngine.Entry() with { Bytes = _ => 1000 };
        EnsembleRun run = new(entry, 6, 3, memory);
        Assert.Equal(engines, run.EnginesFor(Tiny, 12));
        Measurement measured = run.Measure(Tiny, 0, 12, () => { }, CancellationToken.None);
        Measurement alone = new EnsembleRun(entry, 1, 3).Measure(Tiny, 0, 12, () => { }, CancellationToken.None);
        Assert.Equal(alone.Layers, measured.Layers);
    }

    [Fact]
    public void Memory_that_does_not_hold_one_engine_is_refused_with_what_is_asked_and_what_is_allowed()
    {
        EngineEntry entry = FakeEngine.Entry() with { Bytes = _ => 3 << 20 };
        InputException error = Assert.Throws<InputException>(() => new EnsembleRun(entry, 2, 1, 1 << 20).EnginesFor(Tiny, 4));
        Assert.Contains("'tiny' at width 64 takes 3 MiB, and 1 MiB are allowed; allow more with --memory", error.Message);
    }

    // Its task was given the memory that one engine takes; what is more than all of it is refused as elsewhere.
    [Theory]
    [InlineData(0.1, 0.5)]
    [InlineData(0.6, 0.6)]
    [InlineData(1.5, 1)]
    public void A_cell_may_take_more_than_half_of_the_memory_where_one_engine_does(double asked, double given)
    {
        long available = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        EngineEntry entry = FakeEngine.Entry() with { Bytes = _ => (Int128)(asked * available) };
        long memory = EnsembleRun.MemoryOfCell(entry, Tiny);
        Assert.Equal(given, (double)memory / available, 1e-6);
        EnsembleRun run = new(entry, 1, 3, memory);
        if (asked <= 1)
            Assert.Equal(1, run.EnginesFor(Tiny, 4));
        else
            Assert.Throws<InputException>(() => run.EnginesFor(Tiny, 4));
    }

    [Fact]
    public void Cancelled_it_measures_the_networks_that_are_finished()
    {
        using CancellationTokenSource source = new();
        Measurement stopped = new EnsembleRun(StoppingEngine.Entry(last: 4, source), 1, 3).Measure(Tiny, 0, 100, () => { }, source.Token);
        Measurement asked = new EnsembleRun(FakeEngine.Entry(), 1, 3).Measure(Tiny, 0, 5, () => { }, CancellationToken.None);
        Assert.Equal(5, stopped.Samples);
        Assert.Equal(asked.Layers, stopped.Layers);
    }

    [Fact]
    public void Cancelled_before_any_network_is_finished_it_has_nothing_to_say()
    {
        EnsembleRun run = new(FakeEngine.Entry(), 1, 3);
        Assert.Throws<OperationCanceledException>(() => run.Measure(Tiny, 0, 5, () => { }, new CancellationToken(canceled: true)));
    }
}
