using Hybrid.Import.Json;
using Hybrid.Lab.Data;
using Hybrid.Networks.Training;
using Xunit;

namespace Hybrid.Lab.Tests.Data;

public class RecallSourceTests
{
    [Fact]
    public void Every_query_is_a_key_of_the_sequence_and_is_followed_by_its_value()
    {
        using RecallSource source = new(new(9, 5, 6, 1));
        byte[] tokens = new byte[33];
        for (int i = 0; i < 200; i++)
        {
            source.Fill(Split.Train, i, tokens);
            Dictionary<byte, byte> pairs = [];
            for (int pair = 0; pair < 6; pair++)
                pairs.Add(tokens[2 * pair], tokens[2 * pair + 1]);
            Assert.All(pairs.Keys, key => Assert.InRange(key, 0, 8));
            Assert.All(pairs.Values, value => Assert.InRange(value, 9, 13));
            for (int query = 12; query + 1 < tokens.Length; query += 2)
                Assert.Equal(pairs[tokens[query]], tokens[query + 1]);
            Assert.Contains(tokens[32], (IDictionary<byte, byte>)pairs);
        }
    }

    // K = 2, M = 2, P = 2 and five tokens: every sequence has the same probability but for the query.
    [Fact]
    public void The_optimal_loss_is_that_of_all_sequences_by_counting()
    {
        using RecallSource source = new(new(2, 2, 2, 1));
        const int tokens = 5, draws = 400_000;
        Dictionary<string, double> full = [], head = [];
        byte[] sequence = new byte[tokens + 1];
        for (int i = 0; i < draws; i++)
        {
            source.Fill(Split.Train, i, sequence);
            string text = Convert.ToHexString(sequence);
            full[text] = full.GetValueOrDefault(text) + 1.0 / draws;
            head[text[..2]] = head.GetValueOrDefault(text[..2]) + 1.0 / draws;
        }

        // ln 1 for the second key, 2 ln 2 for two values, ln 2 for the query, 0 for its answer.
        double optimum = source.OptimalLoss(TrainingTask.NextToken, tokens)!.Value;
        Assert.Equal(3 * Math.Log(2) / 5, optimum, 1e-12);
        double counted = (Entropy.Of([.. full.Values]) - Entropy.Of([.. head.Values])) / tokens;
        // All 16 sequences are equally likely: the estimate's deviation is its bias, 15/(2 draws), and as much again of noise.
        Assert.Equal(16, full.Count);
        Assert.InRange(counted, optimum - 5 * 15 / (2.0 * draws), optimum + 5 * 15 / (2.0 * draws));
    }

    [Fact]
    public void A_sequence_too_short_for_a_query_is_refused_with_the_length_it_takes()
    {
        using RecallSource source = new(new(9, 5, 6, 1));
        Assert.Equal(long.MaxValue, source.Sequences(Split.Train, 14));
        Assert.Contains(
            "take 14 tokens, and a sequence has 13", Assert.Throws<InputException>(() => source.Sequences(Split.Train, 13)).Message);
    }
}
