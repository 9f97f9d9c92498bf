using Hybrid.Import.Json;
using Hybrid.Lab.Data;
using Hybrid.Networks.Training;
using Xunit;

namespace Hybrid.Lab.Tests.Data;

public class FileSourceTests
{
    [Fact]
    public void A_file_is_cut_into_90_5_and_5_per_cent_and_no_sequence_crosses_a_cut()
    {
        using TemporaryFolder folder = new();
        using FileSource source = new(Numbered(folder, 1000), 1, HeldOut.End);
        byte[] tokens = new byte[20];
        for (int i = 0; i < 2000; i++)
        {
            source.Fill(Split.Train, i, tokens);
            Assert.Equal(Enumerable.Range(tokens[0], 20).Select(value => (byte)(value % 250)), tokens);
        }

        Assert.Equal(2, source.Sequences(Split.Validation, 20));
        source.Fill(Split.Validation, 1, tokens);
        Assert.Equal((920 % 250, 939 % 250), (tokens[0], tokens[19]));
        source.Fill(Split.Test, 0, tokens);
        Assert.Equal(950 % 250, tokens[0]);
        Assert.Throws<ArgumentOutOfRangeException>(() => source.Fill(Split.Validation, 2, tokens));
    }

    // A byte tells its place: the file's bytes count up to 250 again and again, and the pieces are 250 long.
    [Fact]
    public void What_is_held_out_is_spread_over_the_file_and_shared_with_no_part()
    {
        using TemporaryFolder folder = new();
        using FileSource source = new(Numbered(folder, 1000), 1);
        byte[] tokens = new byte[10];
        (int First, int Last)[] cuts = [(0, 224), (225, 236), (237, 249)];
        foreach (Split split in Enum.GetValues<Split>())
        {
            (int first, int last) = cuts[(int)split];
            for (int i = 0; i < (split == Split.Train ? 500 : source.Sequences(split, 10)); i++)
            {
                source.Fill(split, i, tokens);
                Assert.Equal(Enumerable.Range(tokens[0], 10).Select(value => (byte)value), tokens);
                Assert.InRange(tokens[0], first, last - 9);
            }
        }

        Assert.Equal((4L * 216, 4L, 4L), (
            source.Sequences(Split.Train, 10), source.Sequences(Split.Validation, 10), source.Sequences(Split.Test, 10)));
    }

    [Fact]
    public void Training_sequences_begin_everywhere_with_the_same_probability()
    {
        using TemporaryFolder folder = new();
        using FileSource source = new(Numbered(folder, 100), 1);
        byte[] tokens = new byte[5];
        const int draws = 86_000;
        int places = (int)source.Sequences(Split.Train, 5);
        int[] counts = new int[places];
        for (int i = 0; i < draws; i++)
        {
            source.Fill(Split.Train, i, tokens);
            counts[tokens[0]]++;
        }

        // Pearson's statistic has mean 85 and standard deviation √(2·85) = 13.
        double expected = (double)draws / places;
        Assert.Equal(86, places);
        Assert.InRange(counts.Sum(count => (count - expected) * (count - expected) / expected), 85 - 4 * 13, 85 + 4 * 13);
    }

    [Fact]
    public void Reference_entropies_are_those_of_the_files_own_bytes()
    {
        using TemporaryFolder folder = new();
        using FileSource source = new(folder.Write("text", string.Concat(Enumerable.Repeat("aab", 40_000))), 1);
        double unigram = -(2.0 / 3 * Math.Log(2.0 / 3) + 1.0 / 3 * Math.Log(1.0 / 3));
        Assert.Equal(unigram, source.References[0].Nats, 1e-4);
        // After a comes a or b with equal probability, after b always a.
        Assert.Equal(2.0 / 3 * Math.Log(2), source.References[1].Nats, 1e-4);
        Assert.Null(source.OptimalLoss(TrainingTask.NextToken, 10));
    }

    [Fact]
    public void A_file_too_short_for_one_sequence_is_refused_with_the_numbers()
    {
        using TemporaryFolder folder = new();
        using FileSource source = new(Numbered(folder, 399), 1);
        string message = Assert.Throws<InputException>(() => source.Sequences(Split.Train, 20)).Message;
        Assert.Contains("399 bytes give validation (5 %) 19, and one sequence takes 20", message);
        Assert.Contains("at least 420 bytes", message);
    }

    [Theory]
    [InlineData("")]
    [InlineData("missing.txt")]
    [InlineData(".")]
    public void What_is_no_file_is_refused_by_name(string name)
    {
        using TemporaryFolder folder = new();
        string path = name == "" ? "" : folder.Path(name);
        string message = Assert.Throws<InputException>(() => TokenSources.Open(path, 1)).Message;
        Assert.StartsWith($"--data {path}: cannot be read", message);
    }

    [Fact]
    public void A_file_that_has_changed_is_refused_when_a_run_opens_it_again()
    {
        using TemporaryFolder folder = new();
        string path = Numbered(folder, 1000);
        DataDescription description;
        using (ITokenSource source = TokenSources.Open(path, 1))
            description = DataDescription.Of(source);
        description.Open(1).Dispose();
        byte[] bytes = File.ReadAllBytes(path);
        bytes[500]++;
        File.WriteAllBytes(path, bytes);
        string message = Assert.Throws<InputException>(() => description.Open(1)).Message;
        Assert.StartsWith($"--data {path}: the file has changed since the run started: it had 1000 bytes", message);
    }

    [Fact]
    public void A_file_that_shrinks_during_a_run_is_an_error_that_names_it()
    {
        using TemporaryFolder folder = new();
        string path = Numbered(folder, 1000);
        using FileSource source = new(path, 1);
        using (FileStream file = new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
            file.SetLength(930);
        string message = Assert.Throws<InputException>(() => source.Fill(Split.Validation, 1, new byte[20])).Message;
        Assert.Contains($"{path}: the file has become shorter than the 1000 bytes", message);
    }

    /// <summary>Byte i is i mod 250.</summary>
    private static string Numbered(TemporaryFolder folder, int length)
    {
        string path = folder.Path("data.bin");
        File.WriteAllBytes(path, [.. Enumerable.Range(0, length).Select(i => (byte)(i % 250))]);
        return path;
    }
}
