using Hybrid.Architectures;
using Hybrid.Import.Records;
using Hybrid.Lab.Data;
using Hybrid.Networks.Training;
using Xunit;

namespace Hybrid.Lab.Tests.Data;

public class BatchMakerTests
{
    private const int Tokens = 40;

    [Fact]
    public void The_next_token_is_the_input_one_further_on()
    {
        TokenBatch batch = Batch(TrainingTask.NextToken, 7);
        for (int row = 0; row < batch.Sequences; row++)
            Assert.Equal(batch.Inputs[(row * Tokens + 1)..((row + 1) * Tokens)], batch.Targets[(row * Tokens)..((row + 1) * Tokens - 1)]);
        Assert.All(batch.Targets, target => Assert.InRange(target, 0, 15));
    }

    [Fact]
    public void Fifteen_per_cent_of_positions_are_hidden_and_are_the_only_targets()
    {
        TokenBatch batch = Batch(TrainingTask.MaskedToken, 7);
        for (int i = 0; i < batch.Inputs.Length; i++)
            Assert.Equal(batch.Inputs[i] == 16, batch.Targets[i] != TokenBatch.NoTarget);
        Assert.All(batch.Inputs.Chunk(Tokens), row => Assert.Equal(6, row.Count(token => token == 16)));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 1)]
    [InlineData(10, 2)]
    [InlineData(100, 15)]
    public void Every_sequence_hides_at_least_one_token(int tokens, int hidden) =>
        Assert.Equal(hidden, HiddenPositions.Of(1, Split.Train, 0, tokens).Distinct().Count());

    [Fact]
    public void Every_position_is_hidden_equally_often()
    {
        const int draws = 20_000;
        int[] counts = new int[20];
        for (int i = 0; i < draws; i++)
        {
            foreach (int position in HiddenPositions.Of(1, Split.Train, i, 20))
                counts[position]++;
        }

        double error = Math.Sqrt(draws * 0.15 * 0.85);
        Assert.All(counts, count => Assert.InRange(count, 0.15 * draws - 4.5 * error, 0.15 * draws + 4.5 * error));
    }

    [Theory]
    [InlineData(TrainingTask.NextToken)]
    [InlineData(TrainingTask.MaskedToken)]
    public void A_batch_depends_on_part_and_number_alone_and_shares_no_sequence_with_the_next(TrainingTask task)
    {
        TokenBatch batch = Batch(task, 7), again = Batch(task, 7), next = Batch(task, 8), validation = Batch(task, 7, Split.Validation);
        Assert.Equal(batch.Inputs, again.Inputs);
        Assert.Equal(batch.Targets, again.Targets);
        Assert.NotEqual(batch.Inputs, validation.Inputs);
        string[] rows = [.. batch.Inputs.Concat(next.Inputs).Chunk(Tokens).Select(row => string.Join(' ', row))];
        Assert.Equal(rows.Length, rows.Distinct().Count());
    }

    private static TokenBatch Batch(TrainingTask task, long number, Split split = Split.Train)
    {
        using ITokenSource source = TokenSources.Open("markov:vocabulary=16,entropy=2", 3);
        Architecture architecture = ArchitectureOverrides.Apply(ArchitectureModule.Defaults, [$"tokens={Tokens}"]);
        TokenBatch batch = new(4, Tokens);
        new BatchMaker(source, new(architecture, task, 16), 3).Fill(split, number, batch);
        return batch;
    }
}
