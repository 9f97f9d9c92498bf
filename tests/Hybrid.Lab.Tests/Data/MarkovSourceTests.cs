using Hybrid.Import.Json;
using Hybrid.Lab.Data;
using Hybrid.Networks.Training;
using Xunit;

namespace Hybrid.Lab.Tests.Data;

public class MarkovSourceTests
{
    [Theory]
    [InlineData(2, 1, 0.3)]
    [InlineData(5, 2, 1.0)]
    [InlineData(32, 1, 1.7)]
    [InlineData(256, 1, 2.5)]
    [InlineData(2, 9, 0.2)]
    [InlineData(4, 1, 1.3862943611198906)]
    public void The_entropy_rate_is_the_one_that_was_asked_for(int vocabulary, int order, double entropy)
    {
        using MarkovSource source = new(new(vocabulary, order, entropy, 3));
        Assert.Equal(entropy, source.EntropyRate, 1e-8);
    }

    // The loss of the chain's own probabilities on samples of it: an estimate that knows neither the stationary law nor the
    // sharpness, only counts. A plug-in estimate over all contexts is biased by (contexts · (V − 1))/(2 N) nats.
    [Theory]
    [InlineData(4, 1, 0.7)]
    [InlineData(3, 2, 0.6)]
    [InlineData(2, 3, 0.4)]
    public void Samples_have_the_entropy_rate_within_their_standard_error(int vocabulary, int order, double entropy)
    {
        using MarkovSource source = new(new(vocabulary, order, entropy, 11));
        const int batches = 64, length = 20_000;
        double[] estimates = [.. Enumerable.Range(0, batches).Select(i => PlugIn(source, i, length, order))];
        double mean = estimates.Average();
        double error = Math.Sqrt(estimates.Sum(estimate => (estimate - mean) * (estimate - mean)) / (batches - 1) / batches);
        double bias = Math.Pow(vocabulary, order) * (vocabulary - 1) / (2.0 * length);
        Assert.InRange(mean - entropy, -4 * error - bias, 4 * error + bias);
        Assert.True(error < 0.01 * entropy, $"the estimate is too coarse to test anything: ± {error}");
    }

    [Theory]
    [InlineData(3, 1, 5)]
    [InlineData(3, 2, 5)]
    [InlineData(2, 4, 2)]
    [InlineData(2, 4, 7)]
    public void The_optimal_next_token_loss_is_that_of_all_sequences_by_enumeration(int vocabulary, int order, int tokens)
    {
        using MarkovSource source = new(new(vocabulary, order, 0.5, 5));
        double[] joint = Joint(vocabulary, order, 0.5, 5, tokens + 1);
        double first = Entropy.Of([.. joint.Chunk(joint.Length / vocabulary).Select(part => part.Sum())]);
        double expected = (Entropy.Of(joint) - first) / tokens;
        Assert.Equal(expected, source.OptimalLoss(TrainingTask.NextToken, tokens)!.Value, 1e-9);
    }

    [Theory]
    [InlineData(2, 1)]
    [InlineData(3, 6)]
    [InlineData(2, 10)]
    public void The_optimal_masked_loss_is_that_of_all_sequences_and_hidden_sets_by_enumeration(int vocabulary, int tokens)
    {
        using MarkovSource source = new(new(vocabulary, 1, 0.4, 5));
        double[] joint = Joint(vocabulary, 1, 0.4, 5, tokens);
        int hidden = HiddenPositions.CountFor(tokens), sets = 0;
        double sum = 0;
        for (int set = 0; set < 1 << tokens; set++)
        {
            if (int.PopCount(set) != hidden)
                continue;
            sets++;
            double visible = Entropy.Of(Marginal(joint, vocabulary, tokens, set));
            for (int i = 0; i < tokens; i++)
            {
                if ((set >> i & 1) == 1)
                    sum += (Entropy.Of(Marginal(joint, vocabulary, tokens, set & ~(1 << i))) - visible) / hidden;
            }
        }

        Assert.Equal(sum / sets, source.OptimalLoss(TrainingTask.MaskedToken, tokens)!.Value, 1e-9);
    }

    [Fact]
    public void Hidden_tokens_of_a_chain_of_higher_order_have_no_known_optimum()
    {
        using MarkovSource source = new(new(3, 2, 0.5, 5));
        Assert.Null(source.OptimalLoss(TrainingTask.MaskedToken, 8));
    }

    [Fact]
    public void A_sequence_depends_on_its_part_and_number_alone()
    {
        using MarkovSource source = new(new(256, 1, 4, 9)), again = new(new(256, 1, 4, 9)), other = new(new(256, 1, 4, 10));
        byte[] first = Tokens(source, Split.Train, 1L << 40);
        Tokens(again, Split.Test, 3);
        Assert.Equal(first, Tokens(again, Split.Train, 1L << 40));
        Assert.NotEqual(first, Tokens(source, Split.Train, (1L << 40) + 1));
        Assert.NotEqual(first, Tokens(source, Split.Validation, 1L << 40));
        Assert.NotEqual(first, Tokens(other, Split.Train, 1L << 40));
    }

    [Fact]
    public void Sequences_shorter_than_the_order_are_the_head_of_longer_ones()
    {
        using MarkovSource source = new(new(2, 6, 0.5, 5));
        byte[] shorter = new byte[4], longer = new byte[40];
        source.Fill(Split.Train, 8, shorter);
        source.Fill(Split.Train, 8, longer);
        Assert.Equal(shorter, longer[..4]);
    }

    [Theory]
    [InlineData("markov:vocabulary=1", "vocabulary must be an integer from 2 to 256, got '1'")]
    [InlineData("markov:vocabulary=257", "got '257'")]
    [InlineData("markov:vocabulary=32,order=2", "vocabulary^order must be at most 512, got 32^2")]
    [InlineData("markov:order=0", "order must be an integer from 1")]
    [InlineData("markov:entropy=0", "entropy must be in (0, ln 32 = 3.4657] nats per token, got 0")]
    [InlineData("markov:entropy=4", "got 4")]
    [InlineData("markov:entropy=NaN", "entropy must be a finite number, got 'NaN'")]
    [InlineData("markov:seed=-1", "seed must be an integer from 0")]
    [InlineData("markov:ordr=2", "'ordr' is not a parameter of this source; did you mean order? Legal: vocabulary, order, entropy, seed")]
    [InlineData("markov:order=1,order=2", "order is given twice")]
    [InlineData("markov:", "got ''")]
    [InlineData("markov:order", "got 'order'")]
    [InlineData("recall:keys=250,values=10", "keys + values must be at most 256, got 250 + 10")]
    [InlineData("recall:keys=3,pairs=4", "pairs must be an integer from 1 to 3, got '4'")]
    public void A_source_that_cannot_be_is_refused_with_what_is_legal(string text, string message)
    {
        InputException error = Assert.Throws<InputException>(() => TokenSources.Open(text, 1));
        Assert.StartsWith($"--data {text}: ", error.Message);
        Assert.Contains(message, error.Message);
    }

    [Fact]
    public void An_entropy_that_no_chain_of_the_seed_reaches_is_refused_with_what_to_give() =>
        Assert.Contains("give a higher entropy=", Assert.Throws<InputException>(
            () => TokenSources.Open("markov:vocabulary=2,entropy=1e-300", 1)).Message);

    [Theory]
    [InlineData("markov", "markov:vocabulary=32,order=1,entropy=1.7328679513998633,seed=7")]
    [InlineData("synthetic", "markov:vocabulary=32,order=1,entropy=1.7328679513998633,seed=7")]
    [InlineData("markov:seed=3,order=2,vocabulary=4,entropy=1.25", "markov:vocabulary=4,order=2,entropy=1.25,seed=3")]
    [InlineData("recall", "recall:keys=16,values=16,pairs=4,seed=7")]
    [InlineData("recall:keys=2,values=3", "recall:keys=2,values=3,pairs=2,seed=7")]
    public void The_description_writes_every_default_and_opens_the_same_source(string text, string description)
    {
        using ITokenSource source = TokenSources.Open(text, 7), again = TokenSources.Open(source.Description, 99);
        Assert.Equal((description, description), (source.Description, again.Description));
        Assert.Equal(Tokens(source, Split.Train, 5), Tokens(again, Split.Train, 5));
    }

    private static byte[] Tokens(ITokenSource source, Split split, long sequence)
    {
        byte[] tokens = new byte[64];
        source.Fill(split, sequence, tokens);
        return tokens;
    }

    /// <summary>Conditional entropy of one long sample's own frequencies.</summary>
    private static double PlugIn(ITokenSource source, int sequence, int length, int order)
    {
        byte[] tokens = new byte[length];
        source.Fill(Split.Train, sequence, tokens);
        Dictionary<string, double[]> counts = [];
        for (int t = order; t < length; t++)
        {
            string context = Convert.ToHexString(tokens, t - order, order);
            if (!counts.TryGetValue(context, out double[]? row))
                counts[context] = row = new double[source.Vocabulary];
            row[tokens[t]]++;
        }

        return counts.Values.Sum(row => row.Sum() / (length - order) * Entropy.Of([.. row.Select(count => count / row.Sum())]));
    }

    /// <summary>Probability of every sequence, the first token most significant, by multiplying out the chain.</summary>
    private static double[] Joint(int vocabulary, int order, double entropy, ulong seed, int length)
    {
        MarkovChain chain = MarkovSource.ChainOf(new(vocabulary, order, entropy, seed));
        int longest = Math.Max(length, order);
        double[] joint = new double[(int)Math.Pow(vocabulary, longest)];
        for (int sequence = 0; sequence < joint.Length; sequence++)
        {
            int[] tokens = new int[longest];
            for (int i = longest - 1, rest = sequence; i >= 0; i--, rest /= vocabulary)
                tokens[i] = rest % vocabulary;
            int Context(int end) => tokens[(end - order)..end].Aggregate(0, (number, token) => number * vocabulary + token);
            joint[sequence] = chain.Stationary[Context(order)];
            for (int t = order; t < longest; t++)
                joint[sequence] *= chain.Transitions[Context(t) * vocabulary + tokens[t]];
        }

        return [.. joint.Chunk(joint.Length / (int)Math.Pow(vocabulary, length)).Select(part => part.Sum())];
    }

    /// <summary>The law of the positions that are not in the hidden set.</summary>
    private static double[] Marginal(double[] joint, int vocabulary, int tokens, int hidden)
    {
        Dictionary<long, double> law = [];
        for (int sequence = 0; sequence < joint.Length; sequence++)
        {
            long visible = 0;
            for (int i = 0, rest = sequence; i < tokens; i++, rest /= vocabulary)
                visible = visible * (vocabulary + 1) + ((hidden >> i & 1) == 1 ? vocabulary : rest % vocabulary);
            law[visible] = law.GetValueOrDefault(visible) + joint[sequence];
        }

        return [.. law.Values];
    }
}
