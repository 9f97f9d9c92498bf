using System.Net;
using System.Text.Json;
using Hybrid.Cli.Shared;
using Hybrid.Lab.Tests;
using Hybrid.Lab.Tests.Fakes;
using Xunit;

namespace Hybrid.Cli.Tests;

/// <summary>A Hugging Face config.json as ARCH: what the user sees of the import.</summary>
public class ImportTests
{
    [Theory]
    [InlineData("predict-import-output.txt", "Configs/olmo2-7b.json", "--set", "depth=8")]
    [InlineData("predict-import-peri.txt", "Configs/gemma2-9b.json", "--set", "depth=8")]
    [InlineData("predict-import-post.txt", "Configs/bert-base.json", "--residual-scaling", "depth", "--set", "attention.branch=1")]
    public void A_prediction_says_how_it_was_imported_and_whether_it_blows_up(string snapshot, string config, params string[] options)
    {
        CommandRun run = CommandRun.Of(["predict", config, .. options]);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Snapshot.Matches(snapshot, run.Output);
    }

    [Fact]
    public void Every_verb_that_takes_an_architecture_reports_the_import_in_its_json()
    {
        string[] small =
            ["Configs/bert-base.json", "--set", "depth=2", "--set", "width=48", "--set", "mlpWidth=48", "--set", "tokens=4", "--json"];
        foreach (string[] verb in (string[][])
            [
                ["predict"], ["suggest"], ["simulate", "--samples", "2"], ["phase", "--x", "mlp.inStd=1:2:2", "--y", "mlp.branch=0.5:1:2"],
            ])
        {
            JsonElement import = Document([.. verb, .. small]).GetProperty("import");
            Assert.Equal("bert", import.GetProperty("modelType").GetString());
            Assert.Equal("none", import.GetProperty("residualScaling").GetString());
            Assert.NotEqual(0, import.GetProperty("notes").GetArrayLength());
            Assert.Equal(0, import.GetProperty("ignoredKeys").GetArrayLength());
        }
    }

    [Fact]
    public void A_check_reports_each_import_beside_its_architecture()
    {
        string[] small = ["--set", "depth=2", "--set", "width=48", "--set", "mlpWidth=48", "--set", "tokens=4", "--samples", "5"];
        string[] both = ["check", "pre-tanh-ordered", "Configs/bert-base.json", .. small, "--set", "heads=4"];
        JsonElement[] architectures = [.. JsonDocument.Parse(CommandRun.Of(FakeEngine.Entry(), [.. both, "--json"]).Output).RootElement
            .GetProperty("architectures").EnumerateArray()];
        Assert.Equal([false, true], architectures.Select(item => item.TryGetProperty("import", out _)));
        Assert.Contains("  imported from Configs/bert-base.json: model type bert", CommandRun.Of(FakeEngine.Entry(), both).Output);
    }

    [Theory]
    [InlineData("predict", "Configs/bert-base.json")]
    [InlineData("suggest", "Configs/bert-base.json")]
    [InlineData("compare", "Configs/bert-base.json", "pre-tanh-ordered")]
    [InlineData("phase", "Configs/bert-base.json", "--x", "mlp.inStd=1:2:2", "--y", "mlp.branch=0.5:1:2", "--json")]
    [InlineData("check", "Configs/bert-base.json", "--samples", "5")]
    public void What_the_import_took_for_granted_stands_beside_the_verdict_of_a_page_and_nowhere_else(params string[] command)
    {
        using TemporaryFolder folder = new();
        string page = folder.Path("page.html");
        string[] small = ["--set", "depth=2", "--set", "width=48", "--set", "mlpWidth=48", "--set", "tokens=4"];
        CommandRun run = CommandRun.Of(FakeEngine.Entry(), [.. command, .. small, "--report-static", "--report", page]);
        Assert.True(run.ExitCode is 0 or 1, run.Error);

        // What stands before the second heading.
        string html = File.ReadAllText(page), first = string.Concat(html.Split("<h2>").Take(2));
        Assert.Contains("caveats and notes, the strongest first", first);
        string[] notes = [.. Document(["predict", "Configs/bert-base.json", .. small]).GetProperty("import").GetProperty("notes")
            .EnumerateArray().Select(note => WebUtility.HtmlEncode(note.GetString()!))];
        Assert.NotEmpty(notes);
        Assert.All(notes, note => Assert.Equal((1, 1), (Count(first, note), Count(html, note))));

        static int Count(string text, string part) => text.Split(part).Length - 1;
    }

    [Fact]
    public void A_preset_has_no_import() =>
        Assert.False(Document("predict", "pre-tanh-ordered").TryGetProperty("import", out _));

    [Theory]
    [InlineData("none", 1)]
    [InlineData("depth", 0.2041241452319315)]
    public void Residual_scaling_is_the_users_to_choose(string scaling, double branch)
    {
        JsonElement root = Document("predict", "Configs/gpt2.json", "--residual-scaling", scaling);
        Assert.Equal(scaling, root.GetProperty("import").GetProperty("residualScaling").GetString());
        Assert.Equal(branch, root.GetProperty("architecture").GetProperty("mlp").GetProperty("branch").GetDouble(), 1e-15);
    }

    [Theory]
    [InlineData("--residual-scaling must be none or depth, got 'twice'", "predict", "Configs/gpt2.json", "--residual-scaling", "twice")]
    [InlineData("--residual-scaling: is for a Hugging Face config.json, got 'gpt2'", "predict", "gpt2", "--residual-scaling", "depth")]
    public void A_bad_input_is_refused(string message, params string[] args)
    {
        CommandRun run = CommandRun.Of(args);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains(message, run.Error);
    }

    [Fact]
    public void A_bad_configuration_is_named_with_its_key()
    {
        using TemporaryFolder folder = new();
        CommandRun run = CommandRun.Of("predict", folder.Write("config.json", """{"model_type":"llama","hidden_size":-1}"""));
        Assert.Equal((2, ""), (run.ExitCode, run.Output));
        Assert.Contains("hidden_size must be an integer from 1", run.Error);
    }

    private static JsonElement Document(params string[] args)
    {
        CommandRun run = CommandRun.Of([.. args, .. args.Contains("--json") ? [] : (string[])["--json"]]);
        Assert.True(run.ExitCode is 0 or 1, run.Error);
        return JsonDocument.Parse(run.Output).RootElement;
    }
}
