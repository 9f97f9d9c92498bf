using Hybrid.Experiments.Catalogue;
using Hybrid.Experiments.Cells;
using Hybrid.Experiments.Designs;
using Hybrid.Experiments.Runs;
using Hybrid.Experiments.Tests.Fakes;
using Hybrid.Import.Json;
using Hybrid.Lab.Engines;
using Hybrid.Lab.Tests;
using Hybrid.Lab.Training;
using Hybrid.Networks.Engines.Conditioned;
using Hybrid.Networks.Engines.Dense;
using Hybrid.Networks.Measurements;
using Hybrid.Networks.Tangents;
using Xunit;

namespace Hybrid.Experiments.Tests;

/// <summary>Experiments on another engine than their own.</summary>
public class ExperimentEngineTests
{
    private static readonly TrainerCatalogue Trainers = new(
    [
        new TrainerEntry("weights", (options, threads) => new MeasuredTrainer(options, threads), (_, _) => 0),
        new TrainerEntry("other", (options, threads) => new MeasuredTrainer(options, threads), (_, _) => 0),
    ]);

    // Drawn without weights, with weights alone, and one that offers everything, on a device.
    private static readonly EngineCatalogue Engines = new(
    [
        Entry("own") with
        {
            HasWeightGradients = true,
            Line = new((architecture, _) => new LineExponents(architecture), _ => 0),
            Spectrum = (architecture, exponents, threads) => new LyapunovSpectrum(architecture, exponents, threads),
        },
        new EngineEntry("weights", "", (architecture, threads) => new DenseEngine(architecture, threads), _ => 0) { HasWeights = true },
        Complete with { OnDevice = _ => Complete },
    ]);

    private static EngineEntry Complete => Entry("other") with
    {
        HasWeights = true,
        HasWeightGradients = true,
        MostEngines = 1,
        Line = new((architecture, _) => new LineExponents(architecture), _ => 0),
        Spectrum = (architecture, exponents, threads) => new LyapunovSpectrum(architecture, exponents, threads),
    };

    public static TheoryData<string> Names => [.. ExperimentCatalogue.All.Select(experiment => experiment.Name)];

    // An engine that is the own ones under another name, so that the same bits say that nothing else was asked.
    [Theory]
    [MemberData(nameof(Names))]
    public void A_cell_has_all_its_networks_from_the_engine_that_was_asked_for(string name)
    {
        IExperiment experiment = ExperimentCatalogue.Find(name);
        Cell cell = Designs.Of(name).Cells.Where(item => !item.Key.Contains("orbits")).MinBy(item => item.Cost)!;
        int made = 0;
        T Counted<T>(T engine)
        {
            made++;
            return engine;
        }

        CellEngines found = Choose("other").Found();
        CellEngines counted = new(
            architecture => Counted(found.Networks(architecture)),
            architecture => Counted(new DenseEngine(architecture, 1)),
            architecture => Counted(found.Lines(architecture)),
            (architecture, exponents) => Counted(found.Spectra(architecture, exponents)),
            options => Counted(found.Trainers(options)));
        CellValues values = cell.Measure(new CellAttempt(7) { Engines = counted });
        Assert.InRange(made, 1, int.MaxValue);
        Assert.Equal(cell.Measure(new CellAttempt(7)).ToJson(), values.ToJson());
        Assert.NotEqual(CellNeeds.None, experiment.Needs);
    }

    [Fact]
    public void Results_of_engines_do_not_mix()
    {
        ExperimentPlan own = new(ExperimentCatalogue.Find("loss-vs-exponents"), ExperimentScale.Quick, 3, 1);
        ExperimentPlan On(DeviceChoice device) => own with { Engine = Choose("other", device) };
        ExperimentPlan[] plans = [own, On(new()), On(new(Precision: "bfloat16")), On(new(DrawOnDevice: true))];
        Assert.Equal(
            [
                "loss-vs-exponents-quick", "loss-vs-exponents-quick-other", "loss-vs-exponents-quick-other-bfloat16",
                "loss-vs-exponents-quick-other-device-draw",
            ],
            plans.Select(plan => plan.Name));
        Assert.Equal(plans[1].Key, On(new(Precision: "single")).Key);
        Assert.Equal(4, plans.Select(plan => plan.Key).Distinct().Count());
        ExperimentWork[] works = [.. plans.Select(plan => new ExperimentWork(plan, "test"))];
        Assert.Equal(4, works.Select(work => work.Plan.Hash).Distinct().Count());
        Assert.All(works, work => Assert.Equal(
            work.Plan.Hash, ExperimentWork.Of(work.Plan, ExperimentCatalogue.Find, Engines, Trainers).Plan.Hash));
    }

    [Theory]
    [InlineData("rank-collapse", "own", null)]
    [InlineData("rank-collapse", "weights", "")]
    [InlineData("loss-vs-exponents", "weights", null)]
    [InlineData("loss-vs-exponents", "own", "measures training, which")]
    [InlineData("phase-boundary", "weights", "measures exponents at the line, which")]
    [InlineData("gradient-flow", "weights", "measures the gradients of random networks' weights, which")]
    [InlineData("sensitivity", "weights", "measures Lyapunov exponents of random networks, which")]
    [InlineData("lyapunov", "own", "measures training, which")]
    public void An_engine_is_the_experiments_own_or_another_or_lacks_what_it_measures(string name, string engine, string? lacks)
    {
        CellNeeds needs = ExperimentCatalogue.Find(name).Needs;
        ExperimentEngine asked = Choose(engine);
        Assert.Equal(lacks is null, asked.IsOwn(needs));
        if (lacks is "" or null)
            asked.EnsureOffers(needs, name);
        else
            Assert.Contains(lacks, Assert.Throws<InputException>(() => asked.EnsureOffers(needs, name)).Message);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void An_engine_that_offers_everything_serves_every_experiment(string name)
    {
        CellNeeds needs = ExperimentCatalogue.Find(name).Needs;
        Assert.False(Choose("other").IsOwn(needs));
        Choose("other").EnsureOffers(needs, name);
    }

    [Fact]
    public void Where_every_cell_is_finished_no_device_is_looked_for()
    {
        using TemporaryFolder folder = new();
        EngineCatalogue without = new([Complete with { OnDevice = _ => throw new EngineMissingException("no device") }]);
        ExperimentPlan plan = new(new FakeExperiment(3), ExperimentScale.Quick, 1, 1, Choose("other"));
        ExperimentPlan there = plan with { Engine = new(new EngineChoice(without, "other", new DeviceChoice()), Trainers) };
        using CellStore store = CellStore.Open(folder.Path("cells.sqlite"));
        Assert.Throws<EngineMissingException>(() => ExperimentRun.Run(there, store, _ => { }, default));
        Assert.True(ExperimentRun.Run(plan, store, _ => { }, default).Complete);
        Assert.Equal(3, ExperimentRun.Run(there, store, _ => { }, default).Reused);
    }

    private static ExperimentEngine Choose(string name, DeviceChoice? device = null) =>
        new(new EngineChoice(Engines, name, device ?? new DeviceChoice()), Trainers);

    private static EngineEntry Entry(string name) =>
        new(name, "", (architecture, threads) => new ConditionedEngine(architecture, threads), ConditionedEngine.Bytes);
}
