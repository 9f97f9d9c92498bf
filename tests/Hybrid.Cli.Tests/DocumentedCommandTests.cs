using System.Runtime.CompilerServices;
using Hybrid.Cli.Shared;
using Hybrid.Lab.Tests;
using Xunit;

namespace Hybrid.Cli.Tests;

/// <summary>
/// Every command line of the documentation runs, document by
/// document, each line in the folder that the one before it left.
/// </summary>
[Collection(nameof(ChangesTheProcess))]
public sealed class DocumentedCommandTests
{
    public static TheoryData<string> Documents => [.. DocumentedCommands.Documents(Root())];

    [Theory]
    [MemberData(nameof(Documents))]
    public void Every_command_runs(string document)
    {
        string root = Root(), before = Directory.GetCurrentDirectory();
        string[][] commands = [.. DocumentedCommands.Of(File.ReadAllText(Path.Combine(root, document)))];
        using TemporaryFolder folder = new();
        Prepare(root, folder);
        try
        {
            Directory.SetCurrentDirectory(folder.Root);
            foreach (string[] words in commands)
                Run(words);
        }
        finally
        {
            Directory.SetCurrentDirectory(before);
        }
    }

    [Fact]
    public void Commands_are_found_in_the_documents_that_have_them()
    {
        string root = Root();
        string[] verbs = [.. DocumentedCommands.Documents(root)
            .SelectMany(document => DocumentedCommands.Of(File.ReadAllText(Path.Combine(root, document))))
            .Select(words => words[0]).Distinct()];
        Assert.All(
            (string[])["check", "predict", "compare", "simulate", "diff", "phase", "suggest", "train", "experiment", "explore", "sweep",
                "cells", "presets", "info", "completion"],
            verb => Assert.Contains(verb, verbs));
    }

    private static void Run(string[] words)
    {
        string[] smaller = DocumentedCommands.Smaller(words);
        int folder = Array.IndexOf(smaller, "--out") + 1;
        if (smaller[0] == "train" && !smaller.Contains("--resume") && Directory.Exists(smaller[folder]))
            Directory.Delete(smaller[folder], recursive: true);
        if (smaller[0] == "explore")
        {
            // It serves until it is stopped.
            CommandRun served = CommandRun.Of(new CancellationToken(true), smaller);
            Assert.Equal((ExitCode.Cancelled, ""), (served.ExitCode, served.Error));
            return;
        }

        CommandRun run = CommandRun.Of(smaller);

        // Four networks of a few coordinates decide nothing, and cells that another scheduler measures are missing.
        bool judges = smaller[0] is "check" or "suggest" or "experiment" or "cells";

        // Where libtorch cannot be loaded, the command says so.
        bool absent = smaller.Contains("torch") && run.ExitCode == ExitCode.EngineMissing;
        Assert.True(
            run.ExitCode == 0 || (judges && run.ExitCode == 1) || absent,
            $"hybrid {string.Join(' ', smaller)}\nexit code {run.ExitCode}\n{run.Error}");
    }

    /// <summary>The files that the documents take for granted.</summary>
    private static void Prepare(string root, TemporaryFolder folder)
    {
        Directory.CreateDirectory(folder.Path("docs/figures"));
        File.Copy(Path.Combine(root, "docs/one-head.json"), folder.Path("docs/one-head.json"));
        File.Copy(Path.Combine(AppContext.BaseDirectory, "Configs/olmo2-7b.json"), folder.Path("config.json"));
        File.WriteAllText(
            folder.Path("my-model.json"),
            """
            {"name": "my-model", "tokens": 32, "depth": 12, "width": 256, "heads": 4,
             "mlpWidth": 1024, "activation": "relu", "norm": "post"}
            """);
        string text = string.Concat(
            Enumerable.Range(1, 400).Select(i => $"the quick brown fox jumps over the lazy dog, and {i} dogs look on\n"));
        foreach (string name in (string[])["corpus.txt", "kjv.txt"])
            File.WriteAllText(folder.Path(name), text);
    }

    internal static string Root([CallerFilePath] string file = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(file)!, "..", ".."));
}
