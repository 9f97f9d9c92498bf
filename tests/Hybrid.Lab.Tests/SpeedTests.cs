using System.Globalization;
using System.Text.RegularExpressions;
using Hybrid.Architectures;
using Hybrid.Import.Json;
using Hybrid.Lab.Engines;
using Hybrid.Lab.Speed;
using Hybrid.Lab.Tests.Fakes;
using Hybrid.Lab.Tests.Training;
using Hybrid.Lab.Training;
using Hybrid.Networks.Linear;
using Xunit;

namespace Hybrid.Lab.Tests;

/// <summary>Arithmetic counted by hand, and what follows from it.</summary>
public class SpeedTests
{
    // n = 2, d = 3, d_mlp = 5, L = 2.
    private static readonly Architecture Tiny = ArchitectureModule.Defaults.With(tokens: 2, width: 3, mlpWidth: 5, depth: 2);

    // Of a block: 4 matrices of 9 and 2 of 15 (gated 3) entries, each with 2 tokens forwards and backwards, 2 operations an entry: 8 · 66
    // (8 · 81); of attention 2 products forwards and 4 backwards of 2 · 2 · 3 entries: 12 · 12.
    [Fact]
    public void A_random_network_takes_its_products_forwards_and_backwards()
    {
        Assert.Equal(2 * (528 + 144), NetworkOperations.Of(Tiny));
        Assert.Equal(2 * (648 + 144), NetworkOperations.Of(Tiny.With(gated: true)));
        EngineSpeed speed = new(Tiny, 1, 1, 30, 2);
        Assert.Equal(15, speed.NetworksPerSecond);
        Assert.Equal(15 * 1344e-12, speed.TeraOperationsPerSecond, 1e-24);
    }

    // Gradients of weights make it three passes of two, and a second pass forwards four; the head is 2 · 3 · 8 entries, three times.
    [Fact]
    public void A_step_of_training_takes_a_pass_forwards_and_two_backwards_of_every_sequence()
    {
        TrainingPlan plan = OfTiny(40);
        Assert.Equal(4 * ((1344 * 1.5) + (3 * 2 * 48)), TrainingCost.OperationsOfStep(plan.Options));
        Assert.Equal(4 * ((1344 * 2) + (3 * 2 * 48)), TrainingCost.OperationsOfStep(plan.Options with { Recompute = true }));
    }

    // The rate is measured anew each time: the numbers of one message belong together, to its three digits. A network that takes so many
    // days at the rate of this moment takes more than one, and fewer than two years or more, at that of the next.
    [Theory]
    [InlineData("days", 1, 25)]
    [InlineData("years", 365.25, 20_000)]
    public void A_run_of_more_than_a_day_is_refused_with_how_long_it_would_take(string unit, double days, int aimed)
    {
        double operationsOfStep = aimed * 86400 * ProductRate.Measure(1) / TrainingPlan.LargestSteps;
        TrainingPlan plan = OfTiny(TrainingPlan.LargestSteps);
        for (int width = 8; TrainingCost.OperationsOfStep(plan.Options) < operationsOfStep; width += width / 8)
            plan = OfTiny(TrainingPlan.LargestSteps, width);
        string message = Assert.Throws<InputException>(() => TrainingCost.EnsureWithinADay(plan, 1)).Message;
        const string Number = "([0-9.e+-]+)";
        Match said = Regex.Match(
            message,
            $"^training 'small' for 999999999 steps takes {Number} {unit} or more on this processor: {Number} GFLOP a step at {Number} "
                + $"GFLOP/s, {Number} s each; give --yes to begin all the same, fewer --steps, a smaller --batch, or --set width=…, "
                + "depth=… or tokens=…$");
        Assert.True(said.Success, message);
        double[] numbers = [.. said.Groups.Values.Skip(1).Select(group => double.Parse(group.Value, CultureInfo.InvariantCulture))];
        // half a unit of the third digit of each number that goes in or comes out: 0.5 % at most, of two, and of three
        double operations = TrainingCost.OperationsOfStep(plan.Options) / 1e9;
        Assert.Equal(operations, numbers[1], 0.005 * operations);
        Assert.Equal(numbers[1] / numbers[2], numbers[3], 0.015 * numbers[3]);
        Assert.Equal(numbers[3] * 999999999 / 86400 / days, numbers[0], 0.01 * numbers[0]);
        TrainingCost.EnsureWithinADay(OfTiny(1), 1);
    }

    // One batch to warm up, and where no time is given one more: every engine runs one network that counts.
    [Fact]
    public void Engines_run_batches_until_the_time_is_over_and_a_failure_ends_all()
    {
        Architecture small = ComparisonTests.Small();
        EngineSpeed speed = EngineBenchmark.Run(new(FakeEngine.Entry(), 3, 1), small, 0, CancellationToken.None);
        Assert.Equal((3, 1, 3), (speed.Engines, speed.BatchSize, speed.Networks));
        Assert.Same(small, speed.Architecture);
        Assert.True(speed.Seconds > 0);
        Assert.True(EngineBenchmark.Run(new(FakeEngine.Entry(), 1, 1), small, 0.05, CancellationToken.None).Seconds >= 0.05);
        int made = 0;
        EngineEntry breaking = FakeEngine.Entry() with
        {
            Create = (architecture, _) => Interlocked.Increment(ref made) == 2
                ? throw new InvalidDataException("the second")
                : FakeEngine.Entry().Create(architecture, 1),
        };
        Assert.Equal("the second", Assert.Throws<InvalidDataException>(
            () => EngineBenchmark.Run(new(breaking, 3, 1), small, 0, CancellationToken.None)).Message);
        Assert.ThrowsAny<OperationCanceledException>(
            () => EngineBenchmark.Run(new(FakeEngine.Entry(), 2, 1), small, 0, new CancellationToken(canceled: true)));
    }

    private static TrainingPlan OfTiny(int steps, int width = 3)
    {
        TrainingPlan plan = Plans.Small();
        Architecture architecture = Tiny.With(name: "small", width: width);
        return plan with
        {
            Options = plan.Options with { Steps = steps, Model = plan.Options.Model with { Architecture = architecture } },
        };
    }
}
