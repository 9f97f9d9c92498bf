using Hybrid.Experiments.Catalogue;
using Hybrid.Experiments.Cells;
using Hybrid.Experiments.Designs;
using Hybrid.Experiments.Runs;
using Hybrid.Import.Json;
using Hybrid.Lab.Engines;
using Hybrid.Lab.Training;
using Hybrid.Networks.Training;
using Xunit;

namespace Hybrid.Experiments.Tests;

/// <summary>Experiments on another engine than their own.</summary>
public class ExperimentEngineTests
{
    private static readonly TrainerCatalogue Trainers =
        new([new TrainerEntry("other", (options, threads) => new DenseTrainer(options, threads), (_, _) => 0)]);

    private static readonly ExperimentEngine Other = new(Trainers, "other", new DeviceChoice());

    [Fact]
    public void A_cell_is_trained_by_the_engine_that_was_asked_for()
    {
        Cell cell = ExperimentCatalogue.Find("loss-vs-exponents").Design(ExperimentScale.Quick).Cells.MinBy(item => item.Cost)!;
        int made = 0;
        CellValues values = cell.Measure(new CellAttempt(7, Trainer: options =>
        {
            made++;
            return Other.Create(options);
        }));
        Assert.Equal(1, made);
        Assert.Equal(cell.Measure(new CellAttempt(7)).ToJson(), values.ToJson());
    }

    [Fact]
    public void Results_of_engines_do_not_mix()
    {
        ExperimentPlan own = new(ExperimentCatalogue.Find("loss-vs-exponents"), ExperimentScale.Quick, 3, 1);
        ExperimentPlan other = own with { Engine = Other };
        ExperimentPlan coarse = own with { Engine = Other with { Device = new DeviceChoice(Precision: "bfloat16") } };
        ExperimentPlan[] plans = [own, other, coarse];
        Assert.Equal(
            ["loss-vs-exponents-quick", "loss-vs-exponents-quick-other", "loss-vs-exponents-quick-other-bfloat16"],
            plans.Select(plan => plan.Name));
        Assert.Equal(other.Key, (own with { Engine = Other with { Device = new DeviceChoice(Precision: "single") } }).Key);
        Assert.Equal(3, plans.Select(plan => plan.Key).Distinct().Count());
        ExperimentWork[] works = [.. plans.Select(plan => new ExperimentWork(plan, "test"))];
        Assert.Equal(3, works.Select(work => work.Plan.Hash).Distinct().Count());
        Assert.All(works, work => Assert.Equal(work.Plan.Hash, ExperimentWork.Of(work.Plan, ExperimentCatalogue.Find, Trainers).Plan.Hash));
    }

    [Fact]
    public void What_measures_more_than_a_loss_refuses_an_engine()
    {
        foreach (IExperiment experiment in ExperimentCatalogue.All)
        {
            ExperimentPlan plan = new(experiment, ExperimentScale.Quick, 1, 1);
            plan.EnsureMeasurable();
            ExperimentPlan asked = plan with { Engine = Other };
            if (experiment.Name == "loss-vs-exponents")
                asked.EnsureMeasurable();
            else
                Assert.Contains("leave --engine out", Assert.Throws<InputException>(asked.EnsureMeasurable).Message);
        }
    }
}
