using System.Text.Json;
using Hybrid.Cli.Shared;
using Hybrid.Lab.Tests;
using Xunit;

namespace Hybrid.Cli.Tests;

public class SuggestCommandTests
{
    [Fact]
    public void A_collapsing_network_gets_the_smallest_change_and_the_recipes_beside_it()
    {
        CommandRun run = CommandRun.Of("suggest", "post-relu");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Snapshot.Matches("suggest-post-relu.txt", run.Output);
    }

    [Fact]
    public void The_page_says_what_the_terminal_says_and_shows_the_layers_before_and_after()
    {
        using TemporaryFolder folder = new();
        string page = folder.Path("suggest.html");
        Assert.Equal(0, CommandRun.Of("suggest", "post-relu", "--report", page).ExitCode);
        string text = File.ReadAllText(page);
        foreach (string part in (string[])["reached: with these changes", "attention.branch", ">now<", ">suggested<", "published recipes"])
            Assert.Contains(part, text);
    }

    [Fact]
    public void A_network_within_the_budget_needs_no_change()
    {
        CommandRun run = CommandRun.Of("suggest", "post-relu", "--budget", "9");
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("already trainable, nothing to change", run.Output);
        Assert.DoesNotContain("factor", run.Output);
    }

    [Fact]
    public void A_network_that_hardly_computes_needs_no_change_to_train_and_is_told_what_to_raise()
    {
        CommandRun run = CommandRun.Of("suggest", "post-relu", "--set", "norm=pre", "--set", "input.norm=1e6");
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("the network hardly computes: raise the branches or lower input.norm", run.Output);
    }

    [Fact]
    public void A_budget_that_nothing_reaches_exits_with_1_and_gives_the_nearest()
    {
        // Uniform attention without a skip makes all tokens equal, whatever is multiplied: λ_a = −∞.
        CommandRun run = CommandRun.Of(
            "suggest", "post-relu", "--set", "depth=4", "--set", "attention.skip=0", "--set", "attention.logitStd=0");
        Assert.Equal((1, ""), (run.ExitCode, run.Error));
        Assert.Contains("not reached: no change within the budget was found", run.Output);
    }

    [Fact]
    public void The_suggestion_fed_back_as_a_file_has_the_sums_it_promises_within_the_budget()
    {
        const double budget = 0.5;
        using TemporaryFolder folder = new();
        JsonElement root = Document(
            "suggest", "pre-tanh-ordered", "--budget", "0.5", "--set", "depth=3", "--set", "mlp.branch=[0.5,0.4,0.3]");
        Assert.True(root.GetProperty("reached").GetBoolean());
        string file = folder.Write("suggestion.json", root.GetProperty("suggestion").GetRawText());
        JsonElement predicted = Document("predict", file).GetProperty("trainable");
        Assert.InRange(predicted.GetProperty("counted").GetDouble(), 0, budget);
        foreach (string sum in (string[])["angleSum", "gradientSum", "streamGrowth", "counted"])
            Assert.Equal(root.GetProperty("after").GetProperty(sum).GetDouble(), predicted.GetProperty(sum).GetDouble(), 1e-9);
    }

    [Fact]
    public void Changes_name_every_field_with_both_values_and_alternatives_their_recipe()
    {
        JsonElement root = Document("suggest", "post-relu", "--set", "depth=6", "--budget", "2");
        JsonElement[] changes = [.. root.GetProperty("changes").EnumerateArray()];
        Assert.NotEmpty(changes);
        foreach (JsonElement change in changes)
        {
            double factor = change.GetProperty("factor").GetDouble();
            Assert.NotEqual("", change.GetProperty("field").GetString());
            Assert.Equal(factor * change.GetProperty("from").GetDouble(), change.GetProperty("to").GetDouble(), 1e-12);
        }

        foreach (JsonElement alternative in root.GetProperty("alternatives").EnumerateArray())
        {
            Assert.NotEqual("", alternative.GetProperty("reference").GetString());
            Assert.Equal(6, alternative.GetProperty("architecture").GetProperty("depth").GetInt32());
            Assert.Equal(JsonValueKind.Number, alternative.GetProperty("trainable").GetProperty("counted").ValueKind);
        }
    }

    private static JsonElement Document(params string[] args)
    {
        CommandRun run = CommandRun.Of([.. args, "--json"]);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        return JsonDocument.Parse(run.Output).RootElement;
    }
}
