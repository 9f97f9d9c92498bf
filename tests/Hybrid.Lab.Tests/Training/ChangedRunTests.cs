using System.Text;
using System.Text.RegularExpressions;
using Hybrid.Import.Json;
using Hybrid.Lab.Training;
using Hybrid.Networks.Training;
using Xunit;

namespace Hybrid.Lab.Tests.Training;

/// <summary>Runs whose folder was changed or damaged between two processes.</summary>
public class ChangedRunTests
{
    private const string Newest = "checkpoints/step-000000040", Before = "checkpoints/step-000000030";

    [Theory]
    [InlineData("config.json", "\"learningRate\": 0.1", "\"learningRate\": 0.2")]
    [InlineData("config.json", "\"seed\": 5", "\"seed\": 6")]
    [InlineData("log.jsonl", "{\"step\":3,\"loss\":", "{\"step\":3,\"loss\":1")]
    public void A_changed_plan_or_past_is_refused_and_accepted_on_demand(string name, string old, string changed)
    {
        using TemporaryFolder folder = new();
        string path = folder.Path("run"), file = Path.Combine(path, name);
        Plans.RunUntil(path, Plans.Small(), 25);
        string text = File.ReadAllText(file);
        Assert.Contains(old, text);
        File.WriteAllText(file, text.Replace(old, changed));
        string message = Assert.Throws<InputException>(() => Prepare(path)).Message;
        Assert.StartsWith($"{file} is not as when the checkpoint of step 25 was taken", message);
        Assert.Contains("--accept-changes", message);
        Assert.StartsWith(file, Assert.Single(Prepare(path, acceptChanges: true)));
        // Once accepted, it is the run's.
        Assert.Empty(Prepare(path));
        Assert.Equal(TrainingOutcome.Finished, Plans.Run(path, Plans.Small()).Outcome);
        Assert.Empty(Prepare(path));
    }

    [Fact]
    public void A_run_made_longer_is_no_changed_one_whichever_plan_a_loss_of_power_leaves()
    {
        using TemporaryFolder folder = new();
        string path = folder.Path("run"), config = Path.Combine(path, "config.json");
        TrainingPlan plan = Plans.Small(schedule: ScheduleKind.Constant);
        Plans.Run(path, plan);
        string before = File.ReadAllText(config);
        using (RunDirectory directory = RunDirectory.Open(path))
            Resumption.Accept(directory, plan with { Options = plan.Options with { Steps = 60 } });
        Assert.Empty(Prepare(path));
        File.WriteAllText(config, before);
        Assert.Empty(Prepare(path));
    }

    [Fact]
    public void A_checkpoint_of_the_first_release_says_nothing_of_its_run_and_is_taken()
    {
        using TemporaryFolder folder = new();
        string path = folder.Path("run"), state = Path.Combine(path, Newest, "state.json");
        Plans.Run(path, Plans.Small());
        string text = File.ReadAllText(state);
        int start = text.IndexOf("\"configs\"", StringComparison.Ordinal), end = text.IndexOf("\"files\"", StringComparison.Ordinal);
        File.WriteAllText(state, text[..start].Replace("\"format\":2", "\"format\":1") + text[end..]);
        Assert.Empty(Prepare(path));
        Plans.Run(path, Plans.Small());
    }

    [Theory]
    [InlineData("weights.safetensors")]
    [InlineData("optimiser.safetensors")]
    [InlineData("state.json")]
    public void A_damaged_newest_checkpoint_is_set_aside_and_the_run_ends_as_if_it_were_not(string name)
    {
        using TemporaryFolder folder = new();
        string path = folder.Path("run"), file = Path.Combine(path, Newest, name);
        Plans.Run(path, Plans.Small());
        string log = File.ReadAllText(Path.Combine(path, "log.jsonl"));
        byte[] good = File.ReadAllBytes(file);
        File.WriteAllBytes(file, good[..^3]);
        string strict = Assert.Throws<InputException>(() => Prepare(path, strict: true)).Message;
        Assert.StartsWith(file, strict);
        Assert.Contains("leave out --strict", strict);
        string warning = Assert.Single(Prepare(path));
        Assert.StartsWith(file, warning);
        Assert.Contains("continues from the checkpoint of step 30", warning);
        Assert.True(Directory.Exists(Path.Combine(path, Newest + ".damaged")));
        Assert.Equal(TrainingOutcome.Finished, Plans.Run(path, Plans.Small()).Outcome);
        Assert.Equal(log, File.ReadAllText(Path.Combine(path, "log.jsonl")));
        Assert.Equal(good, File.ReadAllBytes(file));
    }

    [Fact]
    public void A_missing_file_is_damage_and_the_last_checkpoint_is_never_set_aside()
    {
        using TemporaryFolder folder = new();
        string path = folder.Path("run");
        Plans.Run(path, Plans.Small());
        File.Delete(Path.Combine(path, Newest, "optimiser.safetensors"));
        File.Delete(Path.Combine(path, Before, "state.json"));
        string message = Assert.Throws<InputException>(() => Prepare(path)).Message;
        Assert.Contains("no other checkpoint is left", message);
        Assert.True(Directory.Exists(Path.Combine(path, Before)));
    }

    [Theory]
    [InlineData("{\"step\":1,\"lo\u00ffss\":1}\n")]
    [InlineData("{\"\\ud800\":1}\n")]
    [InlineData("\0\0\0\n")]
    public void A_line_that_is_none_is_named_where_it_is_needed_and_cut_off_where_it_is_not(string line)
    {
        using TemporaryFolder folder = new();
        string path = folder.Path("run"), log = Path.Combine(path, "log.jsonl");
        Plans.RunUntil(path, Plans.Small(), 25);
        byte[] good = File.ReadAllBytes(log), bad = Encoding.Latin1.GetBytes(line);
        int second = Array.IndexOf(good, (byte)'\n') + 1;
        File.WriteAllBytes(log, [.. good[..second], .. bad, .. good[second..]]);
        Assert.StartsWith($"{log}: line 2", Assert.Throws<InputException>(() => Prepare(path, strict: true)).Message);
        Assert.StartsWith($"{log}: line 2", Assert.Single(Prepare(path)));
        Assert.Equal(good, File.ReadAllBytes(log));
        File.WriteAllBytes(log, [.. good, .. bad]);
        Assert.Empty(Prepare(path));
        Assert.Equal(TrainingOutcome.Finished, Plans.Run(path, Plans.Small()).Outcome);
    }

    [Theory]
    [InlineData("log.jsonl", "torn")]
    [InlineData("log.jsonl", "gone")]
    [InlineData("log.jsonl", "empty")]
    [InlineData("log.jsonl", "zeros")]
    [InlineData("times.jsonl", "torn")]
    [InlineData("times.jsonl", "gone")]
    public void Damage_before_the_checkpoint_is_set_aside_and_the_run_ends_with_the_weights_of_one_that_had_none(string name, string how)
    {
        using TemporaryFolder folder = new();
        string whole = folder.Path("whole"), path = folder.Path("run"), file = Path.Combine(path, name);
        Plans.Run(whole, Plans.Small());
        Plans.RunUntil(path, Plans.Small(), 25);
        byte[] bytes = File.ReadAllBytes(file);
        string[] before = File.ReadAllLines(file);
        (byte[]? damaged, int[] lost) = how switch
        {
            // From the first letters of the third line to the middle of the fifth.
            "torn" => (Without(bytes, Middle(before, 2) - before[2].Length / 2 + 4, Middle(before, 4)), (int[])[2, 3, 4]),
            "zeros" => ([.. bytes[..Middle(before, 2)], .. new byte[9], .. bytes[(Middle(before, 2) + 9)..]], [2]),
            "empty" => ([], [.. Enumerable.Range(0, before.Length)]),
            _ => (null, [.. Enumerable.Range(0, before.Length)]),
        };
        File.Delete(file);
        if (damaged is not null)
            File.WriteAllBytes(file, damaged);
        Assert.StartsWith(file, Assert.Throws<InputException>(() => Prepare(path, strict: true)).Message);
        string warning = Assert.Single(Prepare(path));
        Assert.StartsWith(file, warning);
        Assert.Contains($"continues without {lost.Length} of {before.Length} lines", warning);
        Assert.Equal(damaged ?? [], File.ReadAllBytes(file + ".damaged"));
        // What can be read is as it was.
        string[] after = File.ReadAllLines(file);
        int first = name == "log.jsonl" ? 0 : 1;
        Assert.Equal(before.Select((line, number) => lost.Contains(number) ? $"{{\"step\":{number + first}}}" : line), after);
        Assert.Empty(Prepare(path, strict: true));
        TrainingResult result = Plans.Run(path, Plans.Small());
        Assert.Equal(TrainingOutcome.Finished, result.Outcome);
        Assert.True(double.IsFinite(result.FinalLoss) && double.IsFinite(result.FinalEvalLoss));
        Assert.Contains("<svg", TrainingFigure.Render(result, null, [], []).Svg);
        string weights = Newest + "/weights.safetensors";
        Assert.Equal(File.ReadAllBytes(Path.Combine(whole, weights)), File.ReadAllBytes(Path.Combine(path, weights)));
    }

    [Fact]
    public void Bytes_that_are_no_text_in_the_head_of_weights_are_an_error_with_the_name_of_the_file()
    {
        using TemporaryFolder folder = new();
        string file = folder.Path("weights.safetensors");
        byte[] json = Encoding.Latin1.GetBytes("{\"a\u00ff\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}");
        File.WriteAllBytes(file, [.. BitConverter.GetBytes((long)json.Length), .. json, 0, 0, 0, 0]);
        string message = Assert.Throws<InputException>(() => Import.Safetensors.SafetensorsFile.Open(file)).Message;
        Assert.StartsWith($"{file}: must be UTF-8 text", message);
    }

    [Theory]
    [InlineData("log.jsonl")]
    [InlineData("checkpoints")]
    [InlineData("measurements")]
    [InlineData("config.json")]
    [InlineData("lock")]
    public void A_link_in_the_place_of_a_part_is_not_followed(string name)
    {
        using TemporaryFolder folder = new();
        string path = folder.Path("run"), part = Path.Combine(path, name), elsewhere = folder.Path("elsewhere");
        Plans.RunUntil(path, Plans.Small(), 5);
        if (Directory.Exists(part))
            Directory.Move(part, elsewhere);
        else if (File.Exists(part))
            File.Move(part, elsewhere);
        File.CreateSymbolicLink(part, elsewhere);
        Assert.StartsWith(
            $"{part}: must be a file or folder of the run, got a link to {elsewhere}",
            Assert.Throws<InputException>(() => RunDirectory.Open(path)).Message);
    }

    [Fact]
    public void What_a_killed_process_left_half_written_is_removed_on_the_next_start()
    {
        using TemporaryFolder folder = new();
        string path = folder.Path("run");
        Plans.RunUntil(path, Plans.Small(), 5);
        Directory.CreateDirectory(Path.Combine(path, "measurements"));
        string[] left =
            ["config.json.4711.partial", "curve.svg.4711.partial", "measurements/step-000000009.json.4711.partial"];
        foreach (string name in left)
            File.WriteAllText(Path.Combine(path, name), "{");
        Directory.CreateDirectory(Path.Combine(path, "checkpoints/step-000000009.partial"));
        RunDirectory.Open(path).Dispose();
        Assert.DoesNotContain(Directory.GetFileSystemEntries(path, "*", SearchOption.AllDirectories), file => file.EndsWith(".partial"));
    }

    [Fact]
    public void So_many_checkpoints_are_kept_as_are_asked_for_and_the_best()
    {
        using TemporaryFolder folder = new();
        TrainingPlan plan = Plans.Small(steps: 60) with { CheckpointEvery = 5, EvalEvery = 5, Keep = 3, KeepBest = true };
        string path = folder.Path("run"), log = Path.Combine(path, "log.jsonl");
        Plans.RunUntil(path, plan, 15);
        // The loss falls all the while: for another checkpoint than the last to be the best, its evaluation must be another.
        File.WriteAllText(log, Regex.Replace(File.ReadAllText(log), "(\\{\"step\":5,.*\"evalLoss\":)[^}]*", "${1}0.001"));
        Plans.Run(path, plan);
        Assert.Equal(
            ((int[])[5, 50, 55, 60]).Select(step => $"step-{step:000000000}"),
            Directory.GetDirectories(Path.Combine(path, "checkpoints")).Select(Path.GetFileName).Order());
        // The folder remembers it.
        using RunDirectory directory = RunDirectory.Open(path);
        Assert.Equal((3, true), (directory.Plan.Keep, directory.Plan.KeepBest));
    }

    private static int Middle(string[] lines, int line) => lines.Take(line).Sum(text => text.Length + 1) + lines[line].Length / 2;

    private static byte[] Without(byte[] bytes, int from, int to) => [.. bytes[..from], .. bytes[to..]];

    /// <summary>Finds the checkpoint to continue from. What it warned of.</summary>
    private static List<string> Prepare(string path, bool strict = false, bool acceptChanges = false)
    {
        List<string> warnings = [];
        using RunDirectory directory = RunDirectory.Open(path);
        Resumption.Prepare(directory, strict, acceptChanges, warnings.Add);
        return warnings;
    }
}
