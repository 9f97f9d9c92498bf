using System.Diagnostics;
using Hybrid.Cli.Shared;
using Xunit;

namespace Hybrid.Cli.Tests;

public sealed class CompletionTests
{
    [Theory]
    [InlineData("hybrid pre", "predict presets")]
    [InlineData("hybrid predict gem", "gemma-7b gemma2-9b gemma3-1b")]
    [InlineData("hybrid check gpt2 olmo2", "olmo2-7b")]
    [InlineData("hybrid predict gpt2 --residual", "--residual-scaling")]
    [InlineData("hybrid predict gpt2 --residual-scaling ", "depth none")]
    [InlineData("hybrid predict gpt2 --set mlp.in", "mlp.inStd=")]
    [InlineData("hybrid simulate gpt2 --engine d", "dense")]
    [InlineData("hybrid train gpt2 --schedule ", "constant cosine")]
    [InlineData("hybrid experiment rank", "rank-collapse")]
    [InlineData("hybrid completion ", "bash fish pwsh zsh")]
    [InlineData("hybrid comp", "compare completion")]
    [InlineData("hybrid predict nothing-like-it", "")]
    public void The_words_that_could_stand_there(string line, string expected)
    {
        CommandRun run = CommandRun.Of("complete", "--position", $"{line.Length}", "--", line);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        IEnumerable<string> words = run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(word => !word.StartsWith('-') || line.Contains(" --r")).Order(StringComparer.Ordinal);
        Assert.Equal(expected, string.Join(' ', words));
    }

    [Fact]
    public void Only_what_stands_before_the_cursor_counts()
    {
        CommandRun run = CommandRun.Of("complete", "--position", "11", "--", "hybrid pred gpt2 --json");
        Assert.Equal("predict\n", run.Output);
    }

    [Theory]
    [InlineData("bash")]
    [InlineData("zsh")]
    [InlineData("fish")]
    [InlineData("pwsh")]
    public void A_script_asks_the_command(string shell)
    {
        CommandRun run = CommandRun.Of("completion", shell);
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("hybrid complete --position", run.Output);
    }

    [Fact]
    public async Task The_bash_script_completes_in_bash()
    {
        string script = $$"""
            hybrid() { dotnet '{{typeof(Cli).Assembly.Location}}' "$@"; }
            eval "$(hybrid completion bash)"
            COMP_LINE='hybrid predict olmo' COMP_POINT=19
            _hybrid; printf '%s\n' "${COMPREPLY[@]}"
            COMP_LINE='hybrid predict gpt2 --set attention.lo' COMP_POINT=38
            _hybrid; printf '%s\n' "${COMPREPLY[@]}"
            """;
        using Process process = Process.Start(new ProcessStartInfo("bash", ["-c", script]) { RedirectStandardOutput = true })!;
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal("olmo-7b\nolmo2-7b\nattention.logitScale=\nattention.logitStd=\n", output);
    }
}
