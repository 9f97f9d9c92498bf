using System.Diagnostics;
using System.Text.Json;
using Hybrid.Cli.Shared;
using Hybrid.Lab.Engines;
using Hybrid.Lab.Tests;
using Hybrid.Lab.Tests.Fakes;
using Xunit;

namespace Hybrid.Cli.Tests;

public class ExitCodeTests
{
    // Each row: what the one line on stderr must contain, then the command line.
    [Theory]
    [InlineData("attention.valueStd=1e5", "activation=relu")]
    [InlineData("attention.valueStd=1e5", "activation=tanh")]
    public void A_stream_that_diverges_is_answered_with_the_verdict(params string[] changes)
    {
        CommandRun run = CommandRun.Of(
            ["predict", "none-tanh", "--set", "mlp.inStd=1e30", .. changes.SelectMany(change => new[] { "--set", change })]);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Contains("verdict: untrainable: its norm or gradients leave double precision within its 12 blocks", run.Output);
        Assert.DoesNotContain("how sure", run.Output);
    }

    [Theory]
    [InlineData("'chek' is not understood; did you mean check?", "chek")]
    [InlineData("--colour", "predict", "gpt2", "--colour")]
    [InlineData("leave double precision at layer", "diff", "pre-tanh-ordered", "--set", "attention.branch=1e160")]
    [InlineData("attention.logitStd must be one of at most", "diff", "pre-tanh-ordered", "--set", "attention.logitStd=1e160")]
    [InlineData("Required argument missing", "predict")]
    [InlineData("did you mean gpt2?", "predict", "gtp2")]
    [InlineData("none/x.json: cannot be read", "predict", "none/x.json")]
    [InlineData("hf download meta-llama/Llama-3.1-8B config.json", "predict", "meta-llama/Llama-3.1-8B")]
    [InlineData("./gpt2: cannot be read", "predict", "./gpt2")]
    [InlineData("did you mean mlp.inStd?", "predict", "gpt2", "--set", "mlp.inSdt=2")]
    [InlineData("mlp.inStd must be a finite number ≥ 0, got -2", "predict", "gpt2", "--set", "mlp.inStd=-2")]
    [InlineData("heads must be a divisor of width = 768, got 7", "predict", "gpt2", "--set", "heads=7")]
    [InlineData("input.correlation must be from", "predict", "gpt2", "--set", "input.correlation=-0.5")]
    [InlineData("--seed must be an integer from 0 to 18446744073709551615, got '-1'", "predict", "gpt2", "--seed", "-1")]
    [InlineData("--samples must be an integer from 4", "check", "--samples", "3")]
    [InlineData("--samples must be an integer from 1", "simulate", "gpt2", "--samples", "many")]
    [InlineData("--threads must be an integer from 1", "simulate", "gpt2", "--threads", "0")]
    [InlineData("--width must be an integer from 1", "simulate", "gpt2", "--width", "0")]
    [InlineData("heads must be a divisor of width = 1000, got 12", "check", "gpt2", "--width", "1000")]
    [InlineData("--memory must be bytes or a size such as 512MiB or 4GiB, got '4GB'", "simulate", "gpt2", "--memory", "4GB")]
    [InlineData("MiB, and 1 MiB are allowed; allow more with --memory", "simulate", "gpt2", "--memory", "1MiB")]
    [InlineData("'gpt2' at width 98304 takes", "check", "gpt2", "--width", "98304", "--memory", "1GiB")]
    [InlineData("did you mean dense?", "simulate", "gpt2", "--engine", "dnse")]
    [InlineData("--out", "phase", "gpt2", "--x", "mlp.inStd=1:2:3", "--y", "mlp.outStd=1:2:3")]
    [InlineData("--out must be a file that ends in .svg, .html, .csv, .json, got 'x.png'", "phase", "gpt2", "--x", "mlp.inStd=1:2:3", "--y",
        "mlp.outStd=1:2:3", "--out", "x.png")]
    [InlineData("there is no folder", "phase", "gpt2", "--x", "mlp.inStd=1:2:3", "--y", "mlp.outStd=1:2:3", "--out", "none/x.svg")]
    [InlineData("hi must be greater than lo", "phase", "gpt2", "--x", "mlp.inStd=2:1:3", "--y", "mlp.outStd=1:2:3", "--json")]
    [InlineData("--x", "phase", "gpt2", "--y", "mlp.outStd=1:2:3", "--json")]
    [InlineData("--budget must be a finite number > 0, got '0'", "suggest", "post-relu", "--budget", "0")]
    [InlineData("--budget must be a finite number > 0, got '-1'", "suggest", "post-relu", "--budget", "-1")]
    [InlineData("--budget must be a finite number > 0, got 'NaN'", "suggest", "post-relu", "--budget", "NaN")]
    [InlineData("did you mean mlp.inStd?", "suggest", "post-relu", "--set", "mlp.inSdt=2")]
    [InlineData("--figure must be a file that ends in .svg", "check", "--figure", "x.png")]
    public void Bad_input_exits_with_2_and_one_line_on_stderr(string message, params string[] args)
    {
        CommandRun run = CommandRun.Of(args);
        Assert.Equal((2, ""), (run.ExitCode, run.Output));
        Assert.StartsWith("hybrid: ", run.Error);
        Assert.Contains(message, run.Error);
        Assert.Equal(1, run.Error.Count(character => character == '\n'));
        Assert.DoesNotContain("   at ", run.Error);
    }

    [Theory]
    [InlineData("simulate", "gpt2", "--samples", "2")]
    [InlineData("train", "post-relu", "--data", "synthetic", "--steps", "1", "--out", "DIR")]
    public async Task Without_libtorch_the_engine_torch_exits_with_3_and_one_line_that_says_how_to_get_it(params string[] args)
    {
        using TemporaryFolder folder = new();
        (int code, string output, string error) = await Process(
            folder.Root, [.. args.Select(arg => arg == "DIR" ? folder.Path("run") : arg), "--engine", "torch"]);
        Assert.Equal((3, ""), (code, output));
        Assert.Contains($"in {folder.Root}; ", error);
        Assert.Contains("set HYBRID_LIBTORCH to a folder", error);
        Assert.Equal(1, error.Count(character => character == '\n'));
        Assert.False(Directory.Exists(folder.Path("run")));
    }

    [Fact]
    public async Task Without_libtorch_info_says_why_the_engine_torch_does_not_run_and_that_the_others_do()
    {
        using TemporaryFolder folder = new();
        (int code, string output, _) = await Process(folder.Root, ["info", "--json"]);
        Assert.Equal(0, code);
        JsonElement[] engines = [.. JsonDocument.Parse(output).RootElement.GetProperty("engines").EnumerateArray()];
        Assert.Equal(["conditioned", "dense"], engines.Where(engine => engine.GetProperty("available").GetBoolean()).Select(Name));
        Assert.Contains("libtorch was not found", engines.Single(engine => Name(engine) == "torch").GetProperty("note").GetString());

        static string Name(JsonElement engine) => engine.GetProperty("name").GetString()!;
    }

    [Theory]
    [InlineData("--device cuda: engine fake runs on the processor", "--device", "cuda")]
    [InlineData("--precision bfloat16 is for --engine torch, got --engine fake", "--precision", "bfloat16")]
    [InlineData("--draw device is for --engine torch, got --engine fake", "--draw", "device")]
    public void A_device_that_the_engine_does_not_offer_is_bad_input(string message, string option, string value)
    {
        CommandRun run = CommandRun.Of(FakeEngine.Entry(), "simulate", "gpt2", "--engine", "fake", option, value);
        Assert.Equal((2, ""), (run.ExitCode, run.Output));
        Assert.Contains(message, run.Error);
    }

    [Fact]
    public void A_device_that_is_missing_exits_with_3_before_anything_is_printed()
    {
        EngineEntry elsewhere =
            FakeEngine.Entry() with { OnDevice = choice => throw new EngineMissingException($"there is no {choice.Device}") };
        CommandRun run = CommandRun.Of(elsewhere, "simulate", "gpt2", "--engine", "fake", "--device", "cuda:7");
        Assert.Equal((3, ""), (run.ExitCode, run.Output));
        Assert.Contains("there is no cuda:7", run.Error);
    }

    [Fact]
    public void A_fault_of_the_command_exits_with_99_without_a_stack_trace()
    {
        EngineEntry broken = new("broken", "", (_, _) => throw new InvalidOperationException("the fault"), _ => 1);
        CommandRun run = CommandRun.Of(broken, "simulate", "gpt2");
        Assert.Equal(99, run.ExitCode);
        Assert.Contains("the fault", run.Error);
        Assert.DoesNotContain("   at ", run.Error);
    }

    [Fact]
    public void Memory_that_is_not_there_is_bad_input()
    {
        EngineEntry greedy = new("greedy", "", (_, _) => throw new InsufficientMemoryException("no"), _ => 1);
        CommandRun run = CommandRun.Of(greedy, "simulate", "gpt2");
        Assert.Equal(2, run.ExitCode);
        Assert.Contains("does not fit into memory", run.Error);
    }

    [Theory]
    [InlineData(0, "presets")]
    [InlineData(2, "predict", "gtp2")]
    public async Task The_process_exits_with_the_same_code(int expected, params string[] args)
    {
        (int code, string output, string error) = await Process(null, args);
        Assert.Equal(expected, code);
        Assert.Equal(expected == 0, output.Contains("gpt2"));
        Assert.Equal(expected != 0, error.Contains("did you mean gpt2?"));
    }

    // The command as a process of its own, told that libtorch lies in a folder.
    private static async Task<(int Code, string Output, string Error)> Process(string? libtorch, string[] args)
    {
        ProcessStartInfo start =
            new("dotnet", [typeof(Cli).Assembly.Location, .. args]) { RedirectStandardOutput = true, RedirectStandardError = true };
        if (libtorch is not null)
            start.Environment["HYBRID_LIBTORCH"] = libtorch;
        using Process process = System.Diagnostics.Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output, await error);
    }
}
