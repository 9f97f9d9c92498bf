using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Hybrid.Cli.Shared;
using Hybrid.Lab.Tests;
using Xunit;

namespace Hybrid.Cli.Tests;

/// <summary>Alone, so that the processor's time is that of the command.</summary>
[CollectionDefinition("records", DisableParallelization = true)]
public sealed class RandomRecordsCollection;

/// <summary>
/// Whatever record is given: an answer or a refusal in one line, in ten seconds of the processor, without a number that is none and
/// without a file left. A sample of them always; HYBRID_EXTREMES=all runs ten thousand, HYBRID_EXTREMES=FIRST-LAST those of these numbers.
/// </summary>
[Collection("records")]
public sealed class RandomRecordsTests
{
    private const int All = 10_000, Usual = 40, Seconds = 10;

    // At each of these something was wrong once: refused late, a long search, overflow at the first layer, in a norm's tanh, routers of
    // norms that vanish, logits of a sink that hardly matter, overflow in an attention of few heads, a sink that takes all.
    private static readonly int[] Known = [51, 86, 102, 135, 181, 209, 311, 713, 1117, 2897, 6247];

    private static readonly string[][] Verbs =
    [
        ["predict"],
        ["suggest"],
        ["simulate", "--samples", "2", "--threads", "1"],
        ["train", "--data", "markov:vocabulary=4,entropy=1", "--steps", "2", "--batch", "2", "--eval-sequences", "2", "--threads", "1"],
    ];

    [Fact]
    public void Any_record_is_answered_or_refused()
    {
        using TemporaryFolder folder = new();
        List<string> wrong = [];
        int answered = 0;
        foreach (int number in Numbers())
        {
            string[] words = RandomRecords.Words(number);
            foreach (string[] verb in Verbs)
            {
                // Half of the answers are read by people.
                string[] json = number % 2 == 0 ? ["--json"] : [], args = [verb[0], words[0], .. verb[1..], .. words[1..], .. json];
                (string? fault, bool good) = Fault(folder, verb[0], args);
                answered += good ? 1 : 0;
                if (fault is not null)
                    wrong.Add($"record {number}: {fault}: hybrid {string.Join(' ', args)}");
            }
        }

        Assert.True(wrong.Count == 0, $"{wrong.Count}:\n{string.Join('\n', wrong.Take(200))}");
        // Refusals alone would show nothing.
        Assert.True(answered >= Numbers().Count(), $"only {answered} answers");
    }

    private static IEnumerable<int> Numbers()
    {
        string asked = Environment.GetEnvironmentVariable("HYBRID_EXTREMES") ?? "";
        if (asked.Split('-') is [string first, string last]
            && int.TryParse(first, CultureInfo.InvariantCulture, out int low)
            && int.TryParse(last, CultureInfo.InvariantCulture, out int high))
        {
            return Enumerable.Range(low, high - low + 1);
        }

        return asked == "all" ? Enumerable.Range(0, All) : Enumerable.Range(0, Usual).Concat(Known);
    }

    private static (string? Fault, bool Answered) Fault(TemporaryFolder folder, string verb, string[] args)
    {
        string run = folder.Path("run");
        double start = ProcessorSeconds();
        CommandRun? finished = null;
        using CancellationTokenSource stop = new();
        // What has no end is named and left behind, so that the others are seen too.
        Thread thread = new(() => finished = CommandRun.Of(stop.Token, verb == "train" ? [.. args, "--out", run] : args))
        {
            IsBackground = true,
        };
        thread.Start();
        while (!thread.Join(100) && ProcessorSeconds() - start < 4 * Seconds)
        {
        }

        if (finished is not CommandRun done)
        {
            stop.Cancel();
            return (thread.Join(20_000) ? $"more than {4 * Seconds} s of the processor, until it was stopped" : "no end", false);
        }

        double seconds = ProcessorSeconds() - start;
        bool good = done.ExitCode is 0 or 1, left = Directory.Exists(run);
        if (left)
            Directory.Delete(run, recursive: true);
        string? fault = done.ExitCode switch
        {
            _ when seconds > Seconds => string.Create(CultureInfo.InvariantCulture, $"{seconds:0.0} s of the processor"),
            0 or 1 when args.Contains("--json") => JsonFault(done.Output),
            0 or 1 => done.Output.Contains("NaN") ? "NaN in a text" : null,
            2 when done.Output != "" => "a refusal writes to stdout",
            2 when done.Error.Count(character => character == '\n') != 1 => $"a refusal of another length than a line: {done.Error}",
            2 when left => "a refusal leaves a folder",
            2 => null,
            _ => $"exit code {done.ExitCode}: {done.Error.Trim()}",
        };
        return (fault, good);
    }

    private static double ProcessorSeconds()
    {
        using Process process = Process.GetCurrentProcess();
        return process.TotalProcessorTime.TotalSeconds;
    }

    private static string? JsonFault(string output)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(output);
            return output.Contains("\"NaN\"") || output.Contains("Infinity\"") ? "a number that is none, in a string" : null;
        }
        catch (JsonException error)
        {
            return $"no JSON: {error.Message}";
        }
    }
}
