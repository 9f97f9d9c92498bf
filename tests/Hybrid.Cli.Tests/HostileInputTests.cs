using Hybrid.Cli.Shared;
using Hybrid.Import.Json;
using Hybrid.Lab.Engines;
using Hybrid.Lab.Tests;
using Hybrid.Lab.Tests.Fakes;
using Xunit;

namespace Hybrid.Cli.Tests;

/// <summary>Input that nobody would give on purpose: exit code 2, one line on stderr, nothing on stdout, in no time.</summary>
public sealed class HostileInputTests
{
    public static TheoryData<string, string> Files => new()
    {
        { "", "cannot be read as JSON" },
        { "\0\0\0", "cannot be read as JSON" },
        { "null", "must be a JSON object, got null" },
        { """{"name":"x","mlp":{"inStd":1""", "cannot be read as JSON at line 1" },
        { new string('[', 900_000), "maximum configured depth" },
        { string.Concat(Enumerable.Repeat("""{"a":""", 100_000)), "maximum configured depth" },
        { new string(' ', (1 << 20) + 1), "at most 1048576 bytes, got more" },
        { """{"depth":1e9}""", "depth must be an integer" },
        { """{"depth":-3}""", "depth must be an integer from 1 to" },
        { """{"width":1000000000}""", "width must be an integer from 1 to 16777216" },
        { """{"depth":16777216}""", "a prediction is of at most 65536 layers, got depth 16777216" },
        { """{"mask":"causal","tokens":16777216}""", "give a smaller --set tokens=" },
        { """{"mlp":{"inStd":1e400}}""", "mlp.inStd must be a finite number, got 1e400" },
        { """{"mlp":{"inStd":NaN}}""", "cannot be read as JSON" },
        { """{"depth":2,"depth":3}""", "depth is given twice" },
        { "{\"name\":\"\\ud800\"}", "half of a character" },
        { "{\"\\ud800\":1}", "half of a character" },
        { "{\"name\":\"a\\u001b[31m\"}", "none of them a control character" },
        { $$"""{"name":"{{new string('x', 10_000)}}"}""", "name must be at most 255 characters" },
        { """{"model_type":"gpt2","n_embd":768,"n_layer":1e9,"n_head":12}""", "n_layer must be an integer from 1 to" },
        { """{"model_type":["gpt2"]}""", "model_type must be a string" },
        { """{"model_type":"gpt2","n_embd":768,"n_layer":12,"n_head":0}""", "n_head must be an integer from 1 to" },
    };

    [Theory]
    [MemberData(nameof(Files))]
    public void A_hostile_file_is_refused_with_its_reason(string content, string message)
    {
        using TemporaryFolder folder = new();
        string path = folder.Path("hostile.json");
        File.WriteAllText(path, content);
        Refused(message, "predict", path);
    }

    [Theory]
    [InlineData("at most 1048576 bytes", "predict", "/dev/zero")]
    [InlineData("cannot be read", "predict", "/")]
    [InlineData("cannot be read", "predict", "./")]
    [InlineData("got ''. Presets", "predict", "")]
    [InlineData("cannot be read", "predict", "a\0b.json")]
    [InlineData("'' is not understood.", "")]
    [InlineData("is not understood", "a\u001b[31m\n")]
    [InlineData("'extra' is not understood. It must be one of", "predict", "gpt2", "extra")]
    [InlineData("got '@file'", "predict", "@file")]
    [InlineData("must be path=value", "predict", "gpt2", "--set", "")]
    [InlineData("must be path=value", "predict", "gpt2", "--set", "=2")]
    [InlineData("mlp.inStd must be a finite number, got \"NaN\"", "predict", "gpt2", "--set", "mlp.inStd=NaN")]
    [InlineData("mlp.inStd must be a finite number, got 1e400", "predict", "gpt2", "--set", "mlp.inStd=1e400")]
    [InlineData("half of a character", "predict", "gpt2", "--set", "name=\"\\ud800\"")]
    [InlineData("none of them a control character", "predict", "gpt2", "--set", "name=a\u001b[31m")]
    [InlineData("did you mean mlp", "predict", "gpt2", "--set", "mlp=3")]
    [InlineData("at most 65536 layers", "suggest", "post-relu", "--set", "depth=16777216")]
    [InlineData("does not fit into memory", "simulate", "pre-tanh-ordered", "--set", "tokens=16777216")]
    [InlineData("does not fit into memory", "check", "pre-tanh-ordered", "--set", "depth=16777216")]
    [InlineData("--memory must be bytes", "simulate", "gpt2", "--memory", "1e400")]
    [InlineData("hi − lo must be a finite number", "phase", "pre-tanh-critical", "--x", "mlp.inStd=-1e308:1e308:3", "--y",
        "mlp.branch=1:2:3", "--json")]
    [InlineData("give every path to one axis", "phase", "pre-tanh-critical", "--x", "mlp.inStd=1:2:3", "--y", "mlp.inStd=1:2:3", "--json")]
    [InlineData("got an empty path", "experiment", "rank-collapse", "--quick", "--out", "")]
    [InlineData("NAME must be one of", "experiment", "")]
    [InlineData("must be a folder", "train", "pre-tanh-ordered", "--data", "synthetic", "--steps", "1", "--out", "")]
    [InlineData("is too short", "train", "pre-tanh-ordered", "--data", "/dev/zero", "--steps", "1", "--out", "none")]
    [InlineData("cannot be read", "train", "pre-tanh-ordered", "--data", "", "--steps", "1", "--out", "none")]
    [InlineData("MiB of memory, and there are", "train", "pre-tanh-ordered", "--set", "width=16777216", "--set", "mlpWidth=16", "--set",
        "depth=1", "--data", "synthetic", "--steps", "1", "--batch", "8", "--out", "none")]
    public void A_hostile_argument_is_refused_with_its_reason(string message, params string[] args) => Refused(message, args);

    [Fact]
    public void A_long_argument_is_quoted_in_part()
    {
        CommandRun run = Refused("did you mean", "predict", "gpt2", "--set", "mlp.inSdt=" + new string('[', 100_000));
        Assert.InRange(run.Error.Length, 1, 1000);
        Refused("x.json", "predict", new string('x', 100_000) + ".json");
    }

    public static TheoryData<string[]> LongNames => new()
    {
        new string[] { "predict", "gpt2", "--set", "mlp.NAME=3" },
        new string[] { "predict", "gpt2", "--set", "activation=NAME" },
        new string[] { "predict", "NAME" },
        new string[] { "predict", "gpt2", "--NAME" },
        new string[] { "NAME" },
        new string[] { "simulate", "gpt2", "--engine", "NAME" },
        new string[] { "simulate", "gpt2", "--samples", "NAME" },
        new string[] { "experiment", "NAME" },
        new string[] { "train", "gpt2", "--data", "markov:NAME=3", "--steps", "3", "--out", "none" },
        new string[] { "phase", "pre-tanh-critical", "--x", "NAME=1:2:3", "--y", "mlp.branch=1:2:3", "--json" },
    };

    [Theory]
    [MemberData(nameof(LongNames))]
    public void An_unknown_name_is_quoted_to_80_characters(string[] words)
    {
        CommandRun run = Refused("yyy", [.. words.Select(word => word.Replace("NAME", new string('y', 300)))]);
        // What was received may be said in two places, as the option and as what it holds.
        Assert.InRange(run.Error.Count(character => character == 'y'), 3, 3 * 80);
        Assert.DoesNotContain(new string('y', 81), run.Error);
    }

    [Theory]
    [InlineData("predict", "gpt2 or what it is called")]
    [InlineData("experiment", "rank collapse")]
    public void So_is_one_with_spaces(string verb, string name)
    {
        CommandRun run = Refused(name, verb, string.Concat(Enumerable.Repeat(name + " ", 40)));
        Assert.InRange(run.Error.Split(name).Length, 2, 1 + 80 / name.Length);
    }

    [Fact]
    public void A_run_that_cannot_begin_is_not_told_to_continue()
    {
        CommandRun run = Refused(
            "then begin again", "train", "pre-tanh-ordered", "--set", "width=16", "--set", "mlpWidth=16", "--set", "heads=2",
            "--data", "synthetic", "--steps", "1", "--out", "/proc/hybrid/run");
        Assert.DoesNotContain("--resume", run.Error);
    }

    [Fact]
    public void No_progress_comes_before_the_line_of_an_error()
    {
        EngineEntry failing = FakeEngine.Entry() with { Create = (_, _) => throw new InputException("no such network") };
        Assert.Equal(new(2, "", "hybrid: no such network\n"), CommandRun.Of(failing, "check", "pre-tanh-ordered", "--samples", "4"));
    }

    [Fact]
    public void Alone_the_command_shows_its_help()
    {
        CommandRun alone = CommandRun.Of(), help = CommandRun.Of("--help");
        Assert.Equal(help, alone);
        Assert.Equal((0, ""), (alone.ExitCode, alone.Error));
    }

    [Fact]
    public void Output_that_cannot_be_written_is_the_exit_code_2()
    {
        using StringWriter error = new();
        using StreamWriter full = FullStream.Writer();
        Assert.Equal(2, Cli.Run(["presets"], full, error));
        Assert.Contains("no room", error.ToString());
        Assert.Equal(2, Cli.Run(["presets"], full, full));
    }

    private static CommandRun Refused(string message, params string[] args)
    {
        CommandRun run = CommandRun.Of(args);
        Assert.True((2, "") == (run.ExitCode, run.Output), $"{run.ExitCode}: {run.Error}{run.Output}");
        Assert.StartsWith("hybrid: ", run.Error);
        Assert.Contains(message, run.Error);
        Assert.Equal(run.Error.Length - 1, run.Error.IndexOf('\n'));
        Assert.DoesNotContain(run.Error.TrimEnd('\n'), char.IsControl);
        return run;
    }
}
