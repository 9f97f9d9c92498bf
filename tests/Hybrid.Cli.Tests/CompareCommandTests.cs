using System.Text.Json;
using Hybrid.Lab.Tests;
using Xunit;

namespace Hybrid.Cli.Tests;

public sealed class CompareCommandTests
{
    [Fact]
    public void A_comparison_prints_both_verdicts_every_number_and_what_each_difference_does()
    {
        CommandRun run = CommandRun.Of("compare", "pre-tanh-ordered", "post-relu");
        Assert.Equal(0, run.ExitCode);
        Snapshot.Matches("compare.txt", run.Output);
    }

    [Fact]
    public void Every_number_is_that_of_predict_and_the_differences_add_up_to_the_change()
    {
        JsonElement root = Json("compare", "pre-tanh-ordered", "pre-tanh-chaotic", "--set", "heads=4");
        foreach ((string side, string name) in new[] { ("a", "pre-tanh-ordered"), ("b", "pre-tanh-chaotic") })
        {
            JsonElement predicted = Json("predict", name, "--set", "heads=4");
            Assert.True(JsonElement.DeepEquals(
                predicted.GetProperty("architecture"), root.GetProperty(side).GetProperty("architecture")));
            Assert.Equal(Number(predicted.GetProperty("trainable"), "counted"), Number(root.GetProperty(side), "counted"));
            Assert.Equal(Number(predicted, "angleExponent"), Number(root.GetProperty(side), "angleExponent"));
        }

        foreach (string number in (string[])["counted", "angleSum", "gradientNorm"])
        {
            double sum = root.GetProperty("together").GetProperty(number).GetDouble()
                + root.GetProperty("differences").EnumerateArray().Sum(one => one.GetProperty(number).GetProperty("mean").GetDouble());
            Assert.Equal(root.GetProperty("change").GetProperty(number).GetDouble(), sum, 1e-12);
        }
    }

    [Fact]
    public void A_difference_alone_is_what_set_makes_of_it()
    {
        JsonElement root = Json("compare", "pre-tanh-ordered", "post-relu");
        double start = root.GetProperty("a").GetProperty("counted").GetDouble();
        double end = root.GetProperty("b").GetProperty("counted").GetDouble();
        foreach (JsonElement difference in root.GetProperty("differences").EnumerateArray())
        {
            JsonElement field = Assert.Single(difference.GetProperty("fields").EnumerateArray());
            double Counted(string name, string value) => Json("predict", name, "--set", $"{field.GetProperty("field").GetString()}={value}")
                .GetProperty("trainable").GetProperty("counted").GetDouble();
            JsonElement counted = difference.GetProperty("counted");
            Assert.Equal(
                Counted("pre-tanh-ordered", field.GetProperty("to").ToString()) - start, counted.GetProperty("alone").GetDouble(), 1e-12);
            Assert.Equal(
                end - Counted("post-relu", field.GetProperty("from").ToString()), counted.GetProperty("last").GetDouble(), 1e-12);
        }
    }

    [Fact]
    public void Fields_that_are_legal_only_together_are_one_difference()
    {
        using TemporaryFolder folder = new();
        string a = folder.Write("a.json", """{"depth": 2, "width": 96, "heads": 32, "attention": {"branch": [0.5, 0.4]}}""");
        string b = folder.Write(
            "b.json", """{"depth": 3, "width": 50, "heads": 5, "attention": {"branch": [0.5, 0.4, 0.3]}, "mlp": {"inStd": 2}}""");
        string[][] groups = [.. Json("compare", a, b).GetProperty("differences").EnumerateArray()
            .Select(one => one.GetProperty("fields").EnumerateArray().Select(field => field.GetProperty("field").GetString()!).ToArray())];
        Assert.Equal([["depth", "attention.branch"], ["mlp.inStd"], ["width", "heads"]], groups.OrderBy(group => group[0]));
    }

    [Fact]
    public void Equal_records_differ_in_nothing()
    {
        CommandRun run = CommandRun.Of("compare", "post-relu", "post-relu", "--set", "name=same");
        Assert.Equal((0, true), (run.ExitCode, run.Output.Contains("the records are equal but for their names")));
        Assert.Empty(Json("compare", "post-relu", "post-relu").GetProperty("differences").EnumerateArray());
    }

    [Fact]
    public void Runs_and_checkpoints_are_read_by_their_configuration()
    {
        using TemporaryFolder folder = new();
        string[] small = ["--set", "depth=2", "--set", "tokens=8", "--set", "width=32", "--set", "heads=2", "--set", "mlpWidth=64"];
        Assert.Equal(0, CommandRun.Of(
            ["train", "peri-gelu", "--data", "synthetic", "--steps", "1", "--out", folder.Path("run"), .. small]).ExitCode);
        Assert.Equal(0, CommandRun.Of(
            ["export", "gpt2", "--vocabulary", "50", "--tied", "--out", folder.Path("checkpoint"), .. small]).ExitCode);
        JsonElement root = Json("compare", folder.Path("run"), folder.Path("checkpoint"), "--set", "tokens=8");
        Assert.Equal("peri", root.GetProperty("a").GetProperty("architecture").GetProperty("norm").GetString());
        Assert.Equal("pre", root.GetProperty("b").GetProperty("architecture").GetProperty("norm").GetString());
        Assert.Equal("gpt2", root.GetProperty("b").GetProperty("import").GetProperty("modelType").GetString());

        Directory.CreateDirectory(folder.Path("empty"));
        CommandRun none = CommandRun.Of("compare", "post-relu", folder.Path("empty"));
        Assert.Equal((2, true), (none.ExitCode, none.Error.Contains("must hold a config.json")));
    }

    [Fact]
    public void The_page_has_both_curves_and_the_same_numbers()
    {
        using TemporaryFolder folder = new();
        string page = folder.Path("compare.html");
        CommandRun run = CommandRun.Of("compare", "pre-tanh-ordered", "post-relu", "--report", page);
        Assert.Equal(0, run.ExitCode);
        string text = File.ReadAllText(page);
        Assert.Contains("A: pre-tanh-ordered", text);
        Assert.Contains("B: post-relu", text);
        Assert.Contains("several together", text);
        Assert.Contains("What is taken for granted", text);
    }

    private static double Number(JsonElement node, string name) => node.GetProperty(name).GetDouble();

    private static JsonElement Json(params string[] words)
    {
        CommandRun run = CommandRun.Of([.. words, "--json"]);
        Assert.Equal(0, run.ExitCode);
        return JsonDocument.Parse(run.Output).RootElement;
    }
}
