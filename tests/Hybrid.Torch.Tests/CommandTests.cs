using System.Text.Json;
using Hybrid.Import.Tests.Checkpoints;
using Hybrid.Networks.Tests;
using Xunit;

namespace Hybrid.Torch.Tests;

/// <summary>The command with the engine.</summary>
public sealed class CommandTests : IDisposable
{
    private static readonly string[] Small = ["pre-tanh-ordered", "--set", "depth=2", "--set", "width=64", "--set", "mlpWidth=64"];

    private static readonly string Device = Target.Device.ToString();

    private static readonly string[] OnTorch =
        ["--engine", "torch", "--device", Device, "--precision", Target.Precision.ToString().ToLowerInvariant()];

    // For each of four passes through a block.
    private static readonly double Rounding = 4 * Target.Rounding;
    private readonly LiveTensors live = new();

    public void Dispose() => live.AssertNoneIsLeft();

    [Fact]
    public void Info_shows_the_engine_and_the_processor()
    {
        JsonElement root = Json("info");
        Assert.Contains(root.GetProperty("engines").EnumerateArray(), engine =>
            engine.GetProperty("name").GetString() == "torch" && engine.GetProperty("available").GetBoolean());
        JsonElement processor = root.GetProperty("devices")[0];
        Assert.Equal("cpu", processor.GetProperty("name").GetString());
        Assert.InRange(processor.GetProperty("freeBytes").GetInt64(), 1, processor.GetProperty("totalBytes").GetInt64());
    }

    [Fact]
    public void Simulate_measures_what_the_dense_engine_measures()
    {
        JsonElement torch = Json(["simulate", .. Small, "--samples", "5", .. OnTorch]);
        JsonElement dense = Json(["simulate", .. Small, "--samples", "5", "--engine", "dense"]);
        Assert.Equal("torch", torch.GetProperty("engine").GetString());
        foreach ((JsonElement expected, JsonElement actual) in dense.GetProperty("layers").EnumerateArray()
            .Zip(torch.GetProperty("layers").EnumerateArray()))
        {
            foreach (string quantity in (string[])["q", "p", "gradientDiagonal", "gradientOffDiagonal"])
            {
                Near.Equal(
                    $"{quantity} of layer {expected.GetProperty("layer")}", Mean(expected, quantity), Mean(actual, quantity), Rounding);
            }
        }
    }

    [Fact]
    public void Phase_measures_what_the_dense_engine_measures()
    {
        string[] phase = ["phase", .. Small, "--x", "mlp.inStd=1:6:2", "--y", "mlp.branch=0.2:0.9:2", "--measure", "3"];
        JsonElement torch = Json([.. phase, .. OnTorch, "--memory", "64MiB"]), dense = Json([.. phase, "--engine", "dense"]);
        Assert.Contains("and 0 MiB are allowed; allow more with --memory", Run([.. phase, "--json", .. OnTorch, "--memory", "9"]).Error);
        Assert.Equal("torch", torch.GetProperty("run").GetProperty("engine").GetString());
        Assert.Equal(4, torch.GetProperty("measured").GetProperty("points").GetArrayLength());
        foreach ((JsonElement expected, JsonElement actual) in dense.GetProperty("measured").GetProperty("points").EnumerateArray()
            .Zip(torch.GetProperty("measured").GetProperty("points").EnumerateArray()))
        {
            foreach (string exponent in (string[])["angleExponent", "gradientExponent"])
                Near.Equal(exponent, Mean(expected, exponent), Mean(actual, exponent), Rounding);
        }
    }

    // Everything of a layer is of order 1 or a mean of what is: a number of less is the difference of such, and has their roundings.
    [Theory]
    [InlineData("gemma3")]
    [InlineData("roberta")]
    public void Probe_measures_what_the_dense_engine_measures(string family)
    {
        string[] probe = ["probe", Fixture.Folder(family), "--sequences", "2", "--exponents", "1"];
        JsonElement torch = Json([.. probe, .. OnTorch]), dense = Json(probe);
        Assert.Equal("torch", torch.GetProperty("run").GetProperty("engine").GetString());
        foreach (string part in (string[])["loss", "layers", "surroundings"])
        {
            (string Name, double Value)[] expected = [.. Numbers(part, dense.GetProperty(part))];
            (string Name, double Value)[] actual = [.. Numbers(part, torch.GetProperty(part))];
            Assert.Equal(expected.Select(number => number.Name), actual.Select(number => number.Name));
            foreach (((string name, double wanted), (_, double got)) in expected.Zip(actual))
                Near.Equal(name, wanted, got, Rounding, Rounding);
        }
    }

    [Fact]
    public void Probe_in_bfloat16_is_near()
    {
        string[] probe = ["probe", Fixture.Folder("llama"), "--quick", "--sequences", "2"];
        JsonElement coarse = Json([.. probe, "--engine", "torch", "--device", Device, "--precision", "bfloat16"]), fine = Json(probe);
        Assert.Contains("bfloat16", coarse.GetProperty("run").GetProperty("device").GetString());
        foreach ((JsonElement wanted, JsonElement got) in fine.GetProperty("layers").EnumerateArray()
            .Zip(coarse.GetProperty("layers").EnumerateArray()))
        {
            // Two roundings of a factor and one of its output in each of two blocks, 2⁻⁹ each, which add up at random or not.
            double q = wanted.GetProperty("q").GetDouble();
            Near.Equal("q", q, got.GetProperty("q").GetDouble(), 0, 2 * 6 * Math.ScaleB(1, -9));
        }
    }

    [Fact]
    public void A_GPU_that_is_not_there_exits_with_3_and_nothing_on_stdout()
    {
        string device = $"cuda:{TorchRuntime.GpuCount}";
        (int code, string output, string error) = Run(["simulate", .. Small, "--engine", "torch", "--device", device]);
        Assert.Equal((3, ""), (code, output));
        Assert.Contains($"device {device} was asked for", error);
        Assert.Equal(2, Run(["simulate", .. Small, "--engine", "torch", "--device", "gpu"]).Code);
        (int missing, string nothing, _) = Run(["probe", Fixture.Folder("llama"), "--engine", "torch", "--device", device]);
        Assert.Equal((3, ""), (missing, nothing));
    }

    [Theory(Single = true)]
    [InlineData("dense", "torch")]
    [InlineData("torch", "dense")]
    public void A_run_resumes_on_the_other_engine(string first, string second)
    {
        string folder = Directory.CreateTempSubdirectory("hybrid").FullName;
        try
        {
            string[] begin = ["train", .. Small, "--set", "mask=causal", "--set", "tokens=8", "--data", "synthetic", "--batch", "2",
                "--schedule", "constant"];
            string begun = Path.Combine(folder, "begun"), whole = Path.Combine(folder, "whole");
            Assert.Equal(0, Run([.. begin, "--steps", "10", "--engine", first, "--out", begun]).Code);
            Assert.Equal(0, Run(["train", "--resume", "--steps", "20", "--engine", second, "--out", begun]).Code);
            Assert.Equal(0, Run([.. begin, "--steps", "20", "--engine", "dense", "--out", whole]).Code);
            double[] expected = Losses(whole), actual = Losses(begun);
            Assert.Equal(20, expected.Length);

            // As 20 steps of two trainers: each amplifies the errors of all before it ten times at most.
            Near.Equal("losses", expected, actual, 0, 200 * Rounding);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void A_run_in_bfloat16_begins_as_one_in_single_precision()
    {
        string folder = Directory.CreateTempSubdirectory("hybrid").FullName;
        try
        {
            string[] train = ["train", .. Small, "--set", "mask=causal", "--set", "tokens=8", "--data", "synthetic", "--batch", "2",
                "--steps", "3", "--engine", "torch", "--device", Device];
            string coarse = Path.Combine(folder, "coarse"), fine = Path.Combine(folder, "fine");
            Assert.Equal(0, Run([.. train, "--precision", "bfloat16", "--out", coarse]).Code);
            Assert.Equal(0, Run([.. train, "--out", fine]).Code);
            (double first, double coarseFirst) = (Losses(fine)[0], Losses(coarse)[0]);
            Assert.NotEqual(first, coarseFirst);

            // Two blocks, forwards.
            Near.Equal("loss", first, coarseFirst, 0, 2 * Target.RoundingOf(TorchPrecision.BFloat16));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Bench_gives_the_speed_of_batches()
    {
        JsonElement root = Json(["bench", .. Small, .. OnTorch, "--widths", "64", "--seconds", "0.01"]);
        JsonElement width = Assert.Single(root.GetProperty("widths").EnumerateArray());
        Assert.Equal((1, Target.Options.MostAtOnce), (width.GetProperty("engines").GetInt32(), width.GetProperty("batch").GetInt32()));
        Assert.True(width.GetProperty("networksPerSecond").GetDouble() > 0);
    }

    // Every number below an element, by its path; what is null or a word is left out.
    private static IEnumerable<(string Name, double Value)> Numbers(string name, JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Number => [(name, element.GetDouble())],
        JsonValueKind.Array => element.EnumerateArray().SelectMany((item, index) => Numbers($"{name}[{index}]", item)),
        JsonValueKind.Object => element.EnumerateObject().SelectMany(item => Numbers($"{name}.{item.Name}", item.Value)),
        _ => [],
    };

    private static double[] Losses(string folder) =>
        [.. File.ReadLines(Path.Combine(folder, "log.jsonl"))
            .Select(line => JsonDocument.Parse(line).RootElement)
            .Where(entry => entry.TryGetProperty("loss", out _))
            .Select(entry => entry.GetProperty("loss").GetDouble())];

    private static double Mean(JsonElement layer, string quantity) => layer.GetProperty(quantity).GetProperty("mean").GetDouble();

    private static JsonElement Json(params string[] args)
    {
        (int code, string output, string error) = Run([.. args, "--json"]);
        Assert.True(code == 0, error);
        return JsonDocument.Parse(output).RootElement;
    }

    private static (int Code, string Output, string Error) Run(string[] args)
    {
        using StringWriter output = new(), error = new();
        int code = Cli.Cli.Run(args, output, error);
        return (code, output.ToString(), error.ToString());
    }
}
