using System.Globalization;
using System.Text.Json;
using Hybrid.Lab.Tests;
using Xunit;

namespace Hybrid.Cli.Tests;

/// <summary>
/// Questions of people who train transformers, with the answers that networks or arithmetic give. Where only norms are asked of a
/// pre-norm network, which do not depend on heads, they are 2, for the time's sake. Numbers of others are printed to so many
/// digits; to these and to four standard errors of the draws the prediction must agree.
/// </summary>
public sealed class FieldCaseTests
{
    /// <summary>Llama-3.1-8B's scales: 32 gated blocks, weights N(0, 0.02²) at width 4096, logits of standard deviation 1.638.</summary>
    private const string Llama = """
        "tokens": 64, "depth": 32, "width": 512, "heads": HEADS, "mlpWidth": 1792, "activation": "silu", "gated": true, "norm": "pre",
        "mask": "causal", "mlp": { "inStd": 1.28, "outStd": 2.3946607275353227 },
        """;

    [Fact]
    public void The_verdict_of_Llama_rests_on_its_layers_which_are_those_of_real_networks()
    {
        const string rest = """ "attention": { "logitStd": 1.6384, "valueStd": 1.6384 }, "input": { "norm": 0.0004 } """;
        JsonElement root = Predicted(Record(Llama.Replace("HEADS", "16") + rest));
        JsonElement last = root.GetProperty("layers")[32];
        Assert.Equal("trainable", Verdict(root));
        Near(214, 1, last, "q");
        Near(0.943, 0.0005, last, "u");
        // Of networks of width 512, whose mean gradient is off by the order of their variance, (14.4): s is .2.
        double gradient = root.GetProperty("trainable").GetProperty("gradientSum").GetDouble();
        Assert.Equal(18.4, gradient, 0.05 + 0.04 + 4 * RelativeError(root.GetProperty("layers")[0], "gradientDiagonal"));
    }

    [Theory]
    [InlineData("1", 214, 1)]
    [InlineData("0.125", 4.29, 0.005)]
    public void Branches_over_the_root_of_twice_the_depth_keep_the_stream_small(string branch, double expected, double digits)
    {
        string record = Llama.Replace("HEADS", "2")
            + $$""" "attention": { "logitStd": 1.6384, "valueStd": 1.6384, "branch": {{branch}} } """;
        JsonElement root = Predicted(Record(record.Replace("\"mlp\": {", $"\"mlp\": {{ \"branch\": {branch},")));
        Near(expected, digits, root.GetProperty("layers")[32], "q");
    }

    [Fact]
    public void Branches_over_the_root_of_twice_the_layers_number_lie_between()
    {
        IEnumerable<string> branches = Enumerable.Range(1, 32)
            .Select(layer => (1 / Math.Sqrt(2.0 * layer)).ToString("R", CultureInfo.InvariantCulture));
        string branch = $"[{string.Join(',', branches)}]";
        string record = Llama.Replace("HEADS", "2")
            + $$""" "attention": { "logitStd": 1.6384, "valueStd": 1.6384, "branch": {{branch}} } """;
        JsonElement root = Predicted(Record(record.Replace("\"mlp\": {", $"\"mlp\": {{ \"branch\": {branch},")));
        Near(14.4, 0.05, root.GetProperty("layers")[32], "q");
    }

    [Theory]
    [InlineData("pre-tanh-critical", "12", "little")]
    [InlineData("pre-tanh-chaotic", "15", "less")]
    public void Most_networks_change_by_little_only_where_they_are_trainable(string preset, string depth, string change)
    {
        CommandRun run = CommandRun.Of("predict", preset, "--set", $"depth={depth}", "--set", "attention.logitStd=1e6");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Contains($" on the average through its {depth} blocks, and by {change} in most networks like it", run.Output);
    }

    [Fact]
    public void Embeddings_times_the_root_of_the_width_leave_a_network_that_hardly_computes()
    {
        string record = """
            "tokens": 32, "depth": 6, "width": 256, "heads": 4, "mlpWidth": 2048, "activation": "relu", "norm": "pre", "mask": "causal",
            "attention": { "logitStd": 0.5, "valueStd": 0.408248290463863 },
            "mlp": { "inStd": 0.5773502691896257, "outStd": 0.5773502691896257 },
            "input": { "norm": 256 }
            """;
        using TemporaryFolder folder = new();
        string text = CommandRun.Of("predict", Write(folder, Record(record))).Output;
        Assert.Contains("verdict: trainable: signal and gradient pass, but the network hardly computes: branches write 0.15 %", text);
        Assert.Contains("lower input.norm", text);
        // The same branches beside an embedding of norm 1 write a third of the stream, and nobody is warned.
        JsonElement root = Predicted(Record(record.Replace("\"norm\": 256", "\"norm\": 1")));
        Assert.InRange(root.GetProperty("trainable").GetProperty("written").GetDouble(), 0.2, 0.5);
        Assert.DoesNotContain(Reasons(root), reason => reason.Contains("hardly computes"));
    }

    [Theory]
    [InlineData("none", "branch", "branch")]
    [InlineData("peri", "branch", "branch")]
    [InlineData("post", "branch", "branch")]
    [InlineData("pre", "valueStd", "outStd")]
    [InlineData("none", "valueStd", "inStd")]
    public void Branches_that_start_at_0_are_the_identity_and_the_verdict_says_so(string norm, string attention, string mlp)
    {
        string record = $$"""
            "tokens": 32, "depth": 64, "width": 512, "heads": 8, "mlpWidth": 2048, "activation": "relu", "norm": "{{norm}}",
            "attention": { "{{attention}}": 0 }, "mlp": { "{{mlp}}": 0 }
            """;
        using TemporaryFolder folder = new();
        CommandRun run = CommandRun.Of("predict", Write(folder, Record(record)));
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Contains("verdict: trainable: branches write nothing at the start, so the network is the identity: nothing", run.Output);
        Assert.DoesNotContain("explode", run.Output);
        Assert.DoesNotContain("vanish", run.Output);
    }

    [Theory]
    [InlineData(64, 6.8e-4, 0.05e-4)]
    [InlineData(128, 2.0e-3, 0.05e-3)]
    [InlineData(256, 9.2e-3, 0.05e-3)]
    public void A_fixed_initializer_range_makes_the_streams_norm_depend_on_the_width(int width, double expected, double digits)
    {
        JsonElement root = Predicted(Mup(width));
        Near(expected, digits, root.GetProperty("layers")[2], "q");
    }

    [Fact]
    public void A_coordinate_check_of_a_configuration_shows_what_its_files_of_other_widths_show()
    {
        using TemporaryFolder folder = new();
        string[] args = ["predict", Write(folder, Mup(64)), "--widths", "64,128,256", "--json"];
        JsonElement check = JsonDocument.Parse(CommandRun.Of(args).Output).RootElement.GetProperty("widths");
        Assert.True(check.GetProperty("fixedStd").GetBoolean());
        JsonElement[] widths = [.. check.GetProperty("widths").EnumerateArray()];
        Assert.Equal([64, 128, 256], widths.Select(at => at.GetProperty("width").GetInt32()));
        foreach (JsonElement at in widths)
        {
            JsonElement own = Predicted(Mup(at.GetProperty("width").GetInt32())).GetProperty("modules");
            Assert.True(JsonElement.DeepEquals(own, at.GetProperty("modules")));
            // Queries are d products of normalised entries with weights of 0.02.
            double query = at.GetProperty("modules")[0].GetProperty("query").GetDouble();
            Assert.Equal(0.02 * Math.Sqrt(at.GetProperty("width").GetInt32()), query, 1e-12);
        }
    }

    [Fact]
    public void Scales_of_a_record_do_not_move_with_the_width_unless_entries_are_kept()
    {
        string[] args = ["predict", "post-relu", "--widths", "256,1024", "--json"];
        JsonElement free = JsonDocument.Parse(CommandRun.Of(args).Output).RootElement.GetProperty("widths").GetProperty("widths");
        Assert.True(JsonElement.DeepEquals(free[0].GetProperty("modules"), free[1].GetProperty("modules")));
        Assert.Equal(2, free[0].GetProperty("scatter").GetDouble() / free[1].GetProperty("scatter").GetDouble(), 1e-12);
        CommandRun run = CommandRun.Of([.. args, "--fixed-std"]);
        JsonElement kept = JsonDocument.Parse(run.Output).RootElement.GetProperty("widths").GetProperty("widths");
        Assert.Equal(2, Query(kept[1]) / Query(kept[0]), 1e-12);

        static double Query(JsonElement at) => at.GetProperty("modules")[0].GetProperty("query").GetDouble();
    }

    [Theory]
    [InlineData("--widths must be two or more integers from 1 to", "--widths", "256")]
    [InlineData("--widths must be two or more integers from 1 to", "--widths", "256,x")]
    [InlineData("--widths must be two or more integers from 1 to", "--widths", "0,64")]
    [InlineData("heads must be", "--widths", "64,100", "--set", "heads=8")]
    public void Widths_that_are_no_trend_are_refused(string message, params string[] options)
    {
        CommandRun run = CommandRun.Of(["predict", "post-relu", .. options]);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains(message, run.Error);
    }

    [Fact]
    public void Both_readings_of_GPT2_are_named()
    {
        const string config = """
            { "architectures": ["GPT2LMHeadModel"], "model_type": "gpt2", "activation_function": "gelu_new", "n_embd": 768, "n_layer": 12,
              "n_head": 12, "n_positions": 1024, "initializer_range": 0.02, "layer_norm_epsilon": 1e-05 }
            """;
        using TemporaryFolder folder = new();
        string file = Write(folder, config);
        CommandRun run = CommandRun.Of("predict", file, "--json");
        JsonElement scaled = JsonDocument.Parse(run.Output).RootElement;
        JsonElement plain = JsonDocument.Parse(CommandRun.Of("predict", file, "--residual-scaling", "none", "--json").Output).RootElement;
        Near(0.0898, 0.00005, scaled.GetProperty("layers")[12], "q");
        Near(2.345, 0.0005, plain.GetProperty("layers")[12], "q");
        Near(112, 0.5, scaled.GetProperty("layers")[0], "gradientDiagonal");
        Near(3263, 0.5, plain.GetProperty("layers")[0], "gradientDiagonal");

        // The other reading is a caveat, with its numbers.
        string[] caveats = Texts(scaled.GetProperty("trainable").GetProperty("caveats"));
        string caveat = caveats.Single(text => text.Contains("--residual-scaling none"));
        Assert.Matches(@"q at the output is 2\.3[45] and not 0\.0898, g_d at the input is 32\d\d and not 112", caveat);
    }

    [Theory]
    [InlineData(32, 4096, 11008, 0.0087890625, 0.0087890625, 0.09375, 0.09375, 0.0004, 1.40e-3, 0.005e-3)]
    [InlineData(22, 2048, 5632, 0.4, 0.028747978728803445, 0.6324555320336759, 0.0753778361444409, 0.0001953125, 0.0167, 0.00005)]
    public void Initialisations_that_were_made_for_depth_keep_the_stream_small(
        int depth,
        int width,
        int mlpWidth,
        double logitStd,
        double valueStd,
        double inStd,
        double outStd,
        double norm,
        double expected,
        double digits)
    {
        string record = string.Create(CultureInfo.InvariantCulture, $$"""
            "tokens": 64, "depth": {{depth}}, "width": {{width}}, "heads": 2, "mlpWidth": {{mlpWidth}}, "activation": "silu", "gated": true,
            "norm": "pre", "mask": "causal", "attention": { "logitStd": {{logitStd}}, "valueStd": {{valueStd}} },
            "mlp": { "inStd": {{inStd}}, "outStd": {{outStd}} }, "input": { "norm": {{norm}} }
            """);
        JsonElement root = Predicted(Record(record));
        Near(expected, digits, root.GetProperty("layers")[depth], "q");
        Assert.Equal("trainable", Verdict(root));
    }

    [Fact]
    public void Logits_that_explode_within_two_blocks_show_in_the_gradient_at_the_input()
    {
        const string record = """
            "tokens": 16, "depth": 2, "width": 64, "heads": 4, "mlpWidth": 64, "activation": "relu", "norm": "pre",
            "attention": { "logitStd": 1 }
            """;
        double weak = Gradient(record), strong = Gradient(record.Replace("\"logitStd\": 1", "\"logitStd\": 16"));
        // Two sublayers' key and query paths: σ_A² T1 each, of order 1 at 1 and 10 at 16.
        Assert.InRange(strong / weak, 30, 1000);

        double Gradient(string fields) => Predicted(Record(fields)).GetProperty("layers")[0].GetProperty("gradientDiagonal").GetDouble();
    }

    [Fact]
    public void Every_weight_of_variance_1_gets_an_answer()
    {
        const string config = """
            { "model_type": "llama", "hidden_size": 4096, "intermediate_size": 11008, "num_hidden_layers": 32, "num_attention_heads": 2,
              "hidden_act": "silu", "initializer_range": 1.0, "max_position_embeddings": 32 }
            """;
        using TemporaryFolder folder = new();
        CommandRun run = CommandRun.Of("predict", Write(folder, config));
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Contains("verdict: ", run.Output);
        Assert.Contains("the stream grows: q goes from 1 to ", run.Output);
        Assert.Contains("changes the verdict: with plain gradient descent", run.Output);
        Assert.DoesNotContain("NaN", run.Output);
    }

    private static string Mup(int width) =>
        $$"""
        { "model_type": "llama", "hidden_size": {{width}}, "intermediate_size": {{4 * width}}, "num_hidden_layers": 2,
          "num_attention_heads": 4,
          "hidden_act": "silu", "initializer_range": 0.02, "max_position_embeddings": 32, "rms_norm_eps": 1e-06 }
        """;

    private static string Record(string fields) => $"{{ \"name\": \"case\", {fields} }}";

    private static string Write(TemporaryFolder folder, string text)
    {
        string file = folder.Path("case.json");
        File.WriteAllText(file, text);
        return file;
    }

    private static JsonElement Predicted(string text)
    {
        using TemporaryFolder folder = new();
        CommandRun run = CommandRun.Of("predict", Write(folder, text), "--json");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        return JsonDocument.Parse(run.Output).RootElement;
    }

    private static string Verdict(JsonElement root) => root.GetProperty("trainable").GetProperty("verdict").GetString()!;

    private static string[] Reasons(JsonElement root) =>
        [.. root.GetProperty("trainable").GetProperty("reasons").EnumerateArray().Select(item => item.GetString()!)];

    private static string[] Texts(JsonElement caveats) =>
        [.. caveats.EnumerateArray().Select(item => item.GetProperty("text").GetString()!)];

    private static double RelativeError(JsonElement layer, string field) =>
        layer.GetProperty("standardErrors").GetProperty(field).GetDouble() / layer.GetProperty(field).GetDouble();

    private static void Near(double expected, double digits, JsonElement layer, string field)
    {
        double error = layer.GetProperty("standardErrors").GetProperty(field).GetDouble();
        Assert.Equal(expected, layer.GetProperty(field).GetDouble(), digits + 4 * error);
    }
}
