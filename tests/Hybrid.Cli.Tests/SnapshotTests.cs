using System.CommandLine;
using Hybrid.Cli.Shared;
using Hybrid.Lab.Tests.Fakes;
using Xunit;

namespace Hybrid.Cli.Tests;

public class SnapshotTests
{
    [Theory]
    [InlineData("help.txt", "--help")]
    [InlineData("help-check.txt", "check", "--help")]
    [InlineData("help-predict.txt", "predict", "--help")]
    [InlineData("help-simulate.txt", "simulate", "--help")]
    [InlineData("help-diff.txt", "diff", "--help")]
    [InlineData("help-phase.txt", "phase", "--help")]
    [InlineData("help-suggest.txt", "suggest", "--help")]
    [InlineData("help-train.txt", "train", "--help")]
    [InlineData("help-probe.txt", "probe", "--help")]
    [InlineData("help-export.txt", "export", "--help")]
    [InlineData("help-experiment.txt", "experiment", "--help")]
    [InlineData("help-sweep.txt", "sweep", "--help")]
    [InlineData("help-cells.txt", "cells", "--help")]
    [InlineData("help-compare.txt", "compare", "--help")]
    [InlineData("help-explore.txt", "explore", "--help")]
    [InlineData("help-bench.txt", "bench", "--help")]
    [InlineData("help-presets.txt", "presets", "--help")]
    [InlineData("help-info.txt", "info", "--help")]
    [InlineData("presets.txt", "presets")]
    [InlineData("predict-ordered.txt", "predict", "pre-tanh-ordered")]
    [InlineData("predict-peri.txt", "predict", "peri-gelu")]
    public void Text_output_is_as_committed(string snapshot, params string[] args)
    {
        CommandRun run = CommandRun.Of(args);
        Assert.Equal(0, run.ExitCode);
        Snapshot.Matches(snapshot, run.Output);
    }

    [Fact]
    public void A_simulation_prints_mean_and_standard_error_of_every_layer()
    {
        CommandRun run = CommandRun.Of(FakeEngine.Entry(), "simulate", "pre-tanh-ordered", "--samples", "3", "--set", "depth=2");
        Assert.Equal(0, run.ExitCode);
        Snapshot.Matches("simulate.txt", run.Output);
    }

    [Fact]
    public void Every_example_in_the_help_parses()
    {
        string[] verbs =
        [
            "check", "predict", "compare", "simulate", "diff", "phase", "suggest", "train", "probe", "export", "experiment", "explore",
            "sweep", "cells", "bench", "presets", "info",
        ];
        int examples = 0;
        foreach (string verb in verbs)
        {
            IEnumerable<string> lines = CommandRun.Of(verb, "--help").Output.Split('\n')
                .SkipWhile(line => !line.StartsWith("Example"))
                .Where(line => line.StartsWith($"  hybrid {verb}"));
            foreach (string line in lines)
            {
                examples++;
                string[] args = line.Trim().Split(' ')[1..];
                Assert.Empty(Root.Create(Silent).Parse(args).Errors);
            }
        }

        Assert.True(examples >= verbs.Length, $"only {examples} examples");
    }

    [Fact]
    public void A_command_line_that_begins_with_a_verb_makes_that_verb_and_no_other()
    {
        foreach (Command verb in Root.Create(Silent).Subcommands)
            Assert.Equal(verb.Name, Assert.Single(Root.Create(Silent, verb.Name).Subcommands).Name);
    }

    private static Session Silent => new(Terminal.Plain(TextWriter.Null, TextWriter.Null), BuiltEngines.Catalogue, default);
}
