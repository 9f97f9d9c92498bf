using System.Text.Json;
using Hybrid.Cli.Shared;
using Xunit;

namespace Hybrid.Cli.Tests;

/// <summary>The JSON field names that the command promises.</summary>
public class ContractTests
{
    [Fact]
    public void Predict_gives_every_field_of_the_contract()
    {
        JsonElement root = Document("predict", "pre-tanh-ordered", "--set", "mlp.inStd=1.5");
        string[] fields =
            ["architecture", "angleExponent", "gradientExponent", "differenceExponent", "phase", "stationary", "fixedPoint", "depthScales",
                "trainable", "layers"];
        Assert.All(fields, field => Assert.True(root.TryGetProperty(field, out _), field));
        Assert.Equal(1.5, root.GetProperty("architecture").GetProperty("mlp").GetProperty("inStd").GetDouble());
        Assert.Contains(root.GetProperty("phase").GetString(), (string[])["ordered", "critical", "chaotic"]);
        Assert.All(
            (string[])["q", "rho", "converged"], field => Assert.True(root.GetProperty("fixedPoint").TryGetProperty(field, out _), field));
        Assert.All(
            (string[])["angle", "gradient"], field => Assert.True(root.GetProperty("depthScales").TryGetProperty(field, out _), field));
        Assert.NotEqual(0, root.GetProperty("trainable").GetProperty("reasons").GetArrayLength());
        Assert.Contains(
            root.GetProperty("trainable").GetProperty("verdict").GetString(), (string[])["trainable", "marginal", "untrainable"]);
    }

    [Fact]
    public void Predict_gives_layers_0_to_depth_and_the_given_gradient_at_the_output()
    {
        JsonElement[] layers = [.. Document("predict", "pre-tanh-ordered").GetProperty("layers").EnumerateArray()];
        Assert.Equal(Enumerable.Range(0, 13), layers.Select(layer => layer.GetProperty("layer").GetInt32()));
        foreach (string field in (string[])["q", "p", "rho", "u", "gradientDiagonal", "gradientOffDiagonal"])
            Assert.All(layers, layer => Assert.Equal(JsonValueKind.Number, layer.GetProperty(field).ValueKind));
        Assert.Equal(JsonValueKind.Null, layers[0].GetProperty("angleExponent").ValueKind);
        Assert.Equal(JsonValueKind.Number, layers[1].GetProperty("angleExponent").ValueKind);
        Assert.Equal(1, layers[^1].GetProperty("gradientDiagonal").GetDouble());
        Assert.Equal(0, layers[^1].GetProperty("gradientOffDiagonal").GetDouble());
    }

    [Fact]
    public void Numbers_that_are_not_finite_are_null()
    {
        JsonElement point = Document("predict", "gpt2").GetProperty("fixedPoint");
        Assert.Equal(JsonValueKind.Null, point.GetProperty("q").ValueKind);
    }

    [Theory]
    [InlineData("peri-gelu", 5.0, 1 + 2.0 * 12)]
    [InlineData("post-relu", 1.0, 1.0)]
    [InlineData("pre-tanh-ordered", null, null)]
    public void Predict_gives_the_norm_bounds_that_hold_for_any_weights(string preset, double? initialisation, double? bound)
    {
        JsonElement root = Document("predict", preset), bounds = root.GetProperty("bounds");
        Assert.NotEqual("", bounds.GetProperty("statement").GetString());
        if (bound is null)
        {
            Assert.Equal(
                (JsonValueKind.Null, JsonValueKind.Null),
                (bounds.GetProperty("magnitude").ValueKind, bounds.GetProperty("variance").ValueKind));
            return;
        }

        JsonElement last = root.GetProperty("layers")[12];
        Assert.Equal(13, bounds.GetProperty("magnitude").GetArrayLength());
        Assert.Equal(bound.Value, bounds.GetProperty("magnitude")[12].GetDouble(), 1e-12);
        Assert.Equal(bound.Value * bound.Value, bounds.GetProperty("variance")[12].GetDouble(), 1e-9);
        Assert.Equal(initialisation!.Value, Math.Sqrt(last.GetProperty("q").GetDouble()), 1e-9);
    }

    [Theory]
    [InlineData("dense")]
    [InlineData("conditioned")]
    public void Simulate_gives_the_same_layers_as_mean_and_standard_error(string engine)
    {
        JsonElement root = Document(
            "simulate", "pre-tanh-ordered", "--engine", engine, "--samples", "3", "--seed", "9", "--set", "depth=2", "--set", "width=64");
        Assert.Equal(engine, root.GetProperty("engine").GetString());
        Assert.Equal(3, root.GetProperty("samples").GetInt32());
        Assert.Equal(9, root.GetProperty("seed").GetInt32());
        Assert.True(root.GetProperty("seconds").GetDouble() > 0);
        foreach (JsonElement layer in root.GetProperty("layers").EnumerateArray())
        {
            foreach (string field in (string[])["q", "p", "rho", "u", "gradientDiagonal", "gradientOffDiagonal"])
            {
                Assert.Equal(JsonValueKind.Number, layer.GetProperty(field).GetProperty("mean").ValueKind);
                Assert.Equal(JsonValueKind.Number, layer.GetProperty(field).GetProperty("standardError").ValueKind);
            }
        }
    }

    [Fact]
    public void Simulate_repeats_bit_for_bit_with_the_seed_on_any_number_of_threads()
    {
        string Layers(params string[] more) => Document(
            ["simulate", "pre-tanh-ordered", "--samples", "4", "--set", "depth=2", "--set", "width=64", .. more]).GetProperty("layers")
                .GetRawText();
        Assert.Equal(Layers("--threads", "1"), Layers("--threads", "3"));
        Assert.NotEqual(Layers("--seed", "1"), Layers("--seed", "2"));
    }

    [Fact]
    public void Phase_gives_both_grids_row_by_row_and_both_zero_lines()
    {
        JsonElement root = Document("phase", "pre-tanh-critical", "--x", "mlp.inStd=3:5:5", "--y", "attention.branch,mlp.branch=0.4:0.6:3");
        foreach (string grid in (string[])["angleExponent", "gradientExponent", "rho"])
            Assert.Equal([5, 5, 5], root.GetProperty(grid).EnumerateArray().Select(row => row.GetArrayLength()));
        Assert.Equal(1, root.GetProperty("angleZero").GetArrayLength());
        Assert.Equal(0, root.GetProperty("gradientZero").GetArrayLength());
    }

    [Fact]
    public void A_phase_point_is_what_predict_says_of_that_architecture()
    {
        JsonElement grid = Document("phase", "pre-tanh-ordered", "--x", "tokens=8:16:2", "--y", "mlp.inStd=1:1.5:2").GetProperty(
            "angleExponent");
        foreach ((int i, int tokens) in ((int, int)[])[(0, 8), (1, 16)])
        {
            foreach ((int j, string inStd) in ((int, string)[])[(0, "1"), (1, "1.5")])
            {
                JsonElement predicted = Document("predict", "pre-tanh-ordered", "--set", $"tokens={tokens}", "--set", $"mlp.inStd={inStd}");
                Assert.Equal(predicted.GetProperty("angleExponent").GetDouble(), grid[j][i].GetDouble(), 1e-9);
            }
        }
    }

    [Fact]
    public void Presets_and_info_are_documents_too()
    {
        Assert.Equal("gpt2", Document("presets").GetProperty("presets")[0].GetProperty("name").GetString());
        JsonElement[] engines = [.. Document("info").GetProperty("engines").EnumerateArray()];
        Assert.Contains(
            engines, engine => engine.GetProperty("name").GetString() == "dense" && engine.GetProperty("available").GetBoolean());
        Assert.Contains(engines, engine => engine.GetProperty("name").GetString() == "torch");
    }

    private static JsonElement Document(params string[] args)
    {
        CommandRun run = CommandRun.Of([.. args, "--json"]);
        Assert.Equal(0, run.ExitCode);
        return JsonDocument.Parse(run.Output).RootElement;
    }
}
