using System.Text.Json;
using Hybrid.Lab.Tests;
using Xunit;

namespace Hybrid.Cli.Tests;

public sealed class ProbeCommandTests
{
    [Fact]
    public void The_verdict_comes_first_in_plain_sentences()
    {
        CommandRun run = CommandRun.Of("probe", Folder("llama"), "--table");
        Assert.Equal(0, run.ExitCode);
        string[] lines = run.Output.Split('\n');
        Assert.StartsWith("The stream of 'llama' has too few layers", lines[0]);
        Assert.StartsWith("Before training theory says ×", lines[1]);
        Assert.Contains(lines, line => line.StartsWith("Bound for any text: ", StringComparison.Ordinal));
        Assert.Contains("llama: measuring", run.Error);
    }

    [Fact]
    public void A_fresh_network_grows_as_theory_says_and_every_layer_is_near()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder.Path("config.json"), """
            { "model_type": "llama", "hidden_size": 256, "num_hidden_layers": 8, "num_attention_heads": 4, "intermediate_size": 512,
              "vocab_size": 512, "max_position_embeddings": 24, "hidden_act": "silu", "initializer_range": 0.05, "rms_norm_eps": 1e-6 }
            """);
        string path = folder.Path("fresh");
        Assert.Equal(0, CommandRun.Of(
            "export", folder.Path("config.json"), "--set", "tokens=24", "--set",
            """attention.positions={"rope":{"base":10000,"fraction":1}}""", "--vocabulary", "512", "--out", path).ExitCode);
        CommandRun run = CommandRun.Of("probe", path, "--quick", "--json", "--sequences", "8");
        Assert.Equal(0, run.ExitCode);
        using JsonDocument document = JsonDocument.Parse(run.Output);
        foreach (JsonElement layer in document.RootElement.GetProperty("layers").EnumerateArray())
        {
            // One network of width 256: q fluctuates by some √(8/256) of a branch's share and the theory's O(1/d) is below it;
            // four of those on √q.
            double ratio = Math.Sqrt(layer.GetProperty("q").GetDouble() / layer.GetProperty("theoryQ").GetDouble());
            Assert.InRange(ratio, 1 - 4 * Math.Sqrt(8.0 / 256) / 2, 1 + 4 * Math.Sqrt(8.0 / 256) / 2);
        }
    }

    [Fact]
    public void The_JSON_has_every_field_of_the_contract()
    {
        CommandRun run = CommandRun.Of("probe", Folder("gpt2"), "--compare", Folder("gpt_neox"), "--exponents", "2", "--json");
        using JsonDocument document = JsonDocument.Parse(run.Output);
        string[] fields =
        [
            "run", "name", "description", "step", "architecture", "input", "loss", "verdict", "growth", "overIndependent", "oddLayers",
            "theory", "layers", "surroundings", "notes", "seconds", "compared", "course",
        ];
        Assert.Equal(fields, document.RootElement.EnumerateObject().Select(property => property.Name));
        JsonElement layer = document.RootElement.GetProperty("layers")[1];
        string[] measures =
        [
            "q", "u", "coordinateVariance", "tokenVariance", "effectiveRank", "largestOverMedian", "bound", "gradient", "theoryQ",
            "attention", "mlp", "entropy", "participation", "weights", "exponents",
            "backwardExponents",
        ];
        Assert.All(measures, name => Assert.NotEqual(JsonValueKind.Null, layer.GetProperty(name).ValueKind));
    }

    [Fact]
    public void A_run_of_ours_shows_its_course_and_goes_onto_a_page()
    {
        using TemporaryFolder folder = new();
        Assert.Equal(0, CommandRun.Of(
            "train", "pre-tanh-ordered", "--set", "mask=causal", "--set", "tokens=8", "--set", "depth=8", "--set", "width=16", "--set",
            "heads=2", "--set", "mlpWidth=16", "--data", "markov:vocabulary=8,entropy=1.25", "--steps", "4", "--batch", "4",
            "--checkpoint-every", "2", "--out", folder.Path("run")).ExitCode);
        CommandRun run = CommandRun.Of("probe", folder.Path("run"), "--report", folder.Path("page.html"));
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("step   loss  growth, % a layer", run.Output);
        Assert.Contains("validation data of the run", run.Output);
        string page = File.ReadAllText(folder.Path("page.html"));
        Assert.Contains("The stream of ", page);
        Assert.Contains("<svg", page);
    }

    [Fact]
    public void An_engine_that_runs_no_checkpoints_and_a_choice_that_dense_has_not_are_refused()
    {
        CommandRun other = CommandRun.Of("probe", Folder("llama"), "--engine", "conditioned");
        Assert.Equal((2, ""), (other.ExitCode, other.Output));
        Assert.Contains("--engine must be one of dense, torch, got 'conditioned'", other.Error);
        CommandRun precision = CommandRun.Of("probe", Folder("llama"), "--precision", "bfloat16");
        Assert.Equal(2, precision.ExitCode);
        Assert.Contains("--precision bfloat16 is for --engine torch, got --engine dense", precision.Error);
    }

    [Fact]
    public void What_is_no_checkpoint_is_bad_input_with_the_names()
    {
        using TemporaryFolder folder = new();
        CommandRun nothing = CommandRun.Of("probe", folder.Root);
        Assert.Equal((2, ""), (nothing.ExitCode, nothing.Output));
        Assert.Contains("must hold config.json and model.safetensors", nothing.Error);
        foreach (string file in Directory.GetFiles(Folder("llama")))
            File.Copy(file, folder.Path(Path.GetFileName(file)));
        File.WriteAllText(folder.Path("config.json"), File.ReadAllText(folder.Path("config.json")).Replace("_layers\": 2", "_layers\": 3"));
        CommandRun missing = CommandRun.Of("probe", folder.Root);
        Assert.Equal(2, missing.ExitCode);
        Assert.Contains("tensors are missing: model.layers.2.self_attn.q_proj.weight", missing.Error);
    }

    private static string Folder(string family) => Path.Combine(AppContext.BaseDirectory, "Checkpoints", "Fixtures", family);
}
