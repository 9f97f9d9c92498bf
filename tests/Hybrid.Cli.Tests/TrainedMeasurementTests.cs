using System.Text.Json.Nodes;
using Hybrid.Cli.Shared;
using Hybrid.Lab.Tests;
using Xunit;

namespace Hybrid.Cli.Tests;

/// <summary>What hybrid train measures of the network that it trains.</summary>
public sealed class TrainedMeasurementTests
{
    private static readonly string[] Small =
    [
        "train", "pre-tanh-ordered", "--set", "mask=causal", "--set", "tokens=8", "--set", "depth=2", "--set", "width=16",
        "--set", "mlpWidth=24", "--set", "heads=2", "--data", "markov:vocabulary=8,entropy=1.25", "--batch", "4",
    ];

    [Fact]
    public void The_network_is_measured_before_every_so_many_steps_and_after()
    {
        using TemporaryFolder folder = new();
        CommandRun run = CommandRun.Of([.. Small, "--steps", "30", "--measure-every", "20", "--json", "--out", folder.Path("run")]);
        Assert.Equal(0, run.ExitCode);
        string[] files = [.. Directory.GetFiles(folder.Path("run/measurements")).Select(path => Path.GetFileName(path)!).Order()];
        Assert.Equal(["step-000000000.json", "step-000000020.json", "step-000000030.json"], files);

        JsonNode measurements = JsonNode.Parse(run.Output)!["measurements"]!;
        foreach (string moment in (string[])["before", "after"])
        {
            JsonArray layers = measurements[moment]!["layers"]!.AsArray();
            Assert.Equal(3, layers.Count);
            foreach (JsonNode? layer in layers)
            {
                double q = Number(layer!["q"]), u = Number(layer["u"]);
                Assert.InRange(q, 1e-6, 1e6);
                Assert.InRange(u, 0, 8.0 / 7);
                Assert.Equal(Number(layer["p"]), q * (1 - u), 1e-12 * q);

                // |x| averages below the root of the mean square; a variance over coordinates is at most the mean square.
                Assert.InRange(Number(layer["meanAbsolute"]), 0, Math.Sqrt(q));
                Assert.InRange(Number(layer["coordinateVariance"]), 0, q);
            }

            JsonNode block = layers[2]!;
            Assert.InRange(Number(block["attention"]!["entropy"]), 0, Math.Log(8));
            Assert.InRange(Math.Abs(Number(block["mlp"]!["correlation"])), 0, 1);
            Assert.True(block["operatorNorms"]!["mlp.out"]!["converged"]!.GetValue<bool>());
            Assert.Equal(4, block["exponents"]!["forward"]!.AsArray().Count);
        }

        Assert.NotEqual(Number(measurements["before"]!["layers"]![2]!["q"]), Number(measurements["after"]!["layers"]![2]!["q"]));
    }

    [Fact]
    public void A_run_that_resumes_measures_the_same_bytes()
    {
        using TemporaryFolder folder = new();
        Assert.Equal(0, CommandRun.Of(
            [.. Small, "--steps", "12", "--schedule", "constant", "--measure-every", "6", "--out", folder.Path("whole")]).ExitCode);
        Assert.Equal(0, CommandRun.Of(
            [.. Small, "--steps", "5", "--schedule", "constant", "--measure-every", "6", "--out", folder.Path("cut")]).ExitCode);
        Assert.Equal(0, CommandRun.Of(["train", "--resume", "--steps", "12", "--out", folder.Path("cut")]).ExitCode);
        foreach (int step in (int[])[0, 6, 12])
        {
            string name = $"measurements/step-{step:000000000}.json";
            Assert.Equal(File.ReadAllBytes(folder.Path($"whole/{name}")), File.ReadAllBytes(folder.Path($"cut/{name}")));
        }
    }

    private static double Number(JsonNode? node) => node!.GetValue<double>();
}
