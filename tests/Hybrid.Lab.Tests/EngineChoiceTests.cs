using System.Text.Json.Nodes;
using Hybrid.Architectures;
using Hybrid.Import.Json;
using Hybrid.Import.Records;
using Hybrid.Lab.Engines;
using Hybrid.Lab.Phases;
using Hybrid.Lab.Tests.Fakes;
using Hybrid.Lab.Tests.Training;
using Hybrid.Lab.Training;
using Xunit;

namespace Hybrid.Lab.Tests;

/// <summary>Which engine is taken, where it runs, and what is said where it cannot.</summary>
public class EngineChoiceTests
{
    private static readonly EngineEntry Plain = FakeEngine.Entry() with { Name = "plain" };

    private static readonly EngineEntry Devices = Plain with
    {
        Name = "devices",
        MostEngines = 1,
        OnDevice = choice => Plain with { Name = "devices", Device = $"on {choice.Device}" },
    };

    private static readonly EngineCatalogue Catalogue = new([Plain, Devices]);

    [Fact]
    public void The_first_engine_that_knows_all_networks_and_runs_here_is_taken_where_none_is_asked_for()
    {
        Architecture plain = ArchitectureModule.Defaults, modern = plain.With(gated: true, normGain: Schedule.NewConstant(0.5));
        Feature[] needed = [.. Features.Of(modern)];
        Assert.NotEmpty(needed);
        EngineEntry missing = Plain with { Name = "missing", WhyMissing = () => "no library" };
        EngineEntry all = Plain with { Name = "all", Features = needed };
        EngineCatalogue catalogue = new([missing, Plain, all]);
        Assert.Equal("plain", catalogue.DefaultFor(plain));
        Assert.Equal("all", catalogue.DefaultFor(plain, modern));
        Assert.Equal("all", catalogue.DefaultFor(modern, plain));
        Assert.Equal("missing", new EngineCatalogue([missing, Plain]).DefaultFor(modern));
    }

    [Fact]
    public void An_engine_that_is_not_there_is_refused_with_those_that_are_and_the_nearest()
    {
        Assert.Same(Devices, Catalogue.Find("devices"));
        Assert.Equal(
            "--engine must be one of plain, devices, got 'device'; did you mean devices?",
            Assert.Throws<InputException>(() => Catalogue.Find("device")).Message);
    }

    [Theory]
    [InlineData("cuda", null, false, "--device cuda: engine plain runs on the processor; give --engine torch, or --device cpu")]
    [InlineData(null, "tf32", false, "--precision tf32 is for --engine torch, got --engine plain")]
    [InlineData("cpu", null, true, "--draw device is for --engine torch, got --engine plain")]
    [InlineData("cpu", null, false, null)]
    [InlineData(null, null, false, null)]
    public void A_choice_is_refused_by_an_engine_that_has_none(string? device, string? precision, bool draw, string? message)
    {
        DeviceChoice choice = new(device, precision, draw);
        Assert.Equal($"on {device}", Catalogue.Find("devices", choice).Device);
        if (message is null)
            Assert.Same(Plain, Catalogue.Find("plain", choice));
        else
            Assert.Equal(message, Assert.Throws<InputException>(() => Catalogue.Find("plain", choice)).Message);
    }

    [Fact]
    public void A_plan_keeps_the_engine_and_its_device_and_not_its_memory()
    {
        EngineChoice choice = new(Catalogue, "devices", new("cuda:1", "double", true, 5));
        JsonObject question = [];
        choice.AddTo(question);
        Assert.Equal("""{"engine":"devices","device":"cuda:1","precision":"double","drawOnDevice":true}""", question.ToJsonString());
        Assert.Equal(choice with { Device = choice.Device with { Memory = null } }, EngineChoice.Of(question, Catalogue));
        Assert.Null(EngineChoice.Of([], Catalogue));
        Assert.Equal("on cuda:1", choice.DeviceName);
        Assert.Equal("on cuda:1", choice.Found.Device);
        Assert.Same(Devices, choice.Described);
        EngineChoice plain = new(Catalogue, "plain", new());
        Assert.Null(plain.DeviceName);
        // many engines at a time are for the processor; one that runs many networks at once is for a GPU unless told otherwise
        Assert.Equal(
            (true, true, false, false),
            (choice.WantsGpu, (choice with { Device = new() }).WantsGpu, (choice with { Device = new("cpu") }).WantsGpu, plain.WantsGpu));
    }

    [Theory]
    [InlineData("devices", null, true)]
    [InlineData("devices", "cpu", false)]
    [InlineData("plain", null, false)]
    [InlineData(null, null, false)]
    public void Points_of_a_diagram_want_a_GPU_where_their_engine_does(string? engine, string? device, bool wanted)
    {
        Architecture closed = ArchitectureOverrides.Apply(ArchitectureModule.Defaults, ["depth=2", "width=64", "mlpWidth=64", "tokens=4"]);
        LineEntry line = new((_, _) => throw new InvalidOperationException("a plan measures nothing"), _ => 1);
        EngineCatalogue lines = new([Plain with { Line = line }, Devices with { Line = line }]);
        PhaseWork work = new(
            closed, PhaseAxis.Parse("mlp.inStd=1:2:2", "--x"), PhaseAxis.Parse("mlp.branch=0.5:1:2", "--y"), 2, 1, "1",
            engine: engine is null ? null : new(lines, engine, new(device)));
        Assert.Equal(wanted, work.WantsGpu);
    }

    [Fact]
    public void A_trainer_is_refused_that_memory_does_not_hold_or_that_cannot_be_built()
    {
        TrainingPlan plan = Plans.Small();
        TrainerEntry fitting = new("bigram", (options, _) => new BigramTrainer(options), (_, _) => 1);
        TrainerEntry large = fitting with { Name = "large", Bytes = (_, threads) => ((Int128)threads << 80) + (1 << 19) };
        TrainerEntry broken = fitting with { Name = "broken", Create = (_, _) => throw new ArgumentException("odd heads") };
        TrainerCatalogue catalogue = new([fitting, large, broken]);
        Assert.Equal("bigram", catalogue.Default);
        Assert.Same(large, catalogue.Find("large"));
        using (Networks.Training.ITrainer trainer = catalogue.Create(plan, 1, new()))
            Assert.Equal(0, trainer.StepsDone);
        string refused = Assert.Throws<InputException>(() => catalogue.Create(plan with { Engine = "large" }, 3, new())).Message;
        Assert.StartsWith($"training 'small' takes {MemorySize.Text(((Int128)3 << 80) + (1 << 19))} of memory, and there are ", refused);
        Assert.EndsWith(" MiB; give --recompute, a smaller --batch, or --set width=…, depth=… or tokens=…", refused);
        Assert.Equal(
            "engine broken cannot train 'small': odd heads",
            Assert.Throws<InputException>(() => catalogue.Create(plan with { Engine = "broken" }, 1, new())).Message);
    }

    // A device other than the processor is not judged by the processor's speed.
    [Fact]
    public void A_run_of_more_than_a_day_is_refused_on_the_processor_alone()
    {
        TrainerEntry processor = new("bigram", (options, _) => new BigramTrainer(options), (_, _) => 1);
        TrainerEntry device = processor with { Name = "device" };
        device = device with { OnDevice = _ => device with { OnDevice = _ => processor } };
        TrainerCatalogue catalogue = new([processor, device]);
        TrainingPlan small = Plans.Small(), large = Long(small);
        catalogue.EnsureFeasible(small, 1, new());
        catalogue.EnsureFeasible(large with { Engine = "device" }, 1, new());
        Assert.Throws<InputException>(() => catalogue.EnsureFeasible(large, 1, new()));
        Assert.Throws<InputException>(() => catalogue.EnsureFeasible(large with { Engine = "device" }, 1, new("cpu")));

        // 32 TFLOP a step: nothing does 1e9 steps of it in a day.
        static TrainingPlan Long(TrainingPlan plan) => plan with
        {
            Options = plan.Options with
            {
                Steps = TrainingPlan.LargestSteps,
                Model = plan.Options.Model with { Architecture = plan.Options.Model.Architecture.With(width: 1 << 20) },
            },
        };
    }
}
