using Hybrid.Architectures;
using Hybrid.Networks.Training;
using Xunit;

namespace Hybrid.Networks.Tests.Training;

/// <summary>
/// A chain whose next token depends on the last alone has a known entropy rate: no predictor does better on average, and a
/// network that has learnt the transitions does as well.
/// </summary>
public sealed class MarkovTests
{
    private const int Vocabulary = 8, Tokens = 16, Sequences = 16, Steps = 250;

    // Of the way from guessing (log V nats) to knowing the chain. What is left is the noise of the last steps' gradients:
    // 64 transition probabilities learnt from 250 · 256 tokens cost 56/(2 · 64000) = 0.0004 nats, far less.
    private const double Share = 0.97;

    public static TheoryData<Placement> Norms => [.. Networks.Norms];

    [Theory]
    [MemberData(nameof(Norms))]
    public void Training_approaches_the_entropy_of_the_source(Placement norm)
    {
        double[][] transitions = Transitions();
        ModelOptions model = new(
            Networks.Of(
                norm, Activation.GeluTanh, tokens: Tokens, depth: 2, width: 32, heads: 2, mlpWidth: 64, mask: Mask.Causal,
                attentionBranch: 0.5, mlpBranch: 0.5, correlation: 0),
            TrainingTask.NextToken,
            Vocabulary);
        OptimiserOptions optimiser = new(LearningRate: 3e-3, WarmupSteps: 10, WeightDecay: 0);
        using DenseTrainer trainer = new(new TrainingOptions(model, optimiser, Sequences, Steps, 1), 2);
        System.Random random = new(1);
        TokenBatch batch = new(Sequences, Tokens);
        for (int step = 0; step < Steps; step++)
        {
            Draw(batch, transitions, random);
            trainer.Step(batch);
        }

        // Both predictors are judged on the same fresh tokens, so what is random about the tokens cancels.
        double loss = 0, chain = 0;
        const int Fresh = 20;
        for (int round = 0; round < Fresh; round++)
        {
            Draw(batch, transitions, random);
            loss += trainer.Evaluate(batch) / Fresh;
            chain += batch.Inputs.Zip(batch.Targets).Average(pair => -Math.Log(transitions[pair.First][pair.Second])) / Fresh;
        }

        double way = Math.Log(Vocabulary) - chain;
        Near.Equal($"{norm}: loss {loss:0.0000} against the chain's {chain:0.0000} nats", chain, loss, (1 - Share) * way);
    }

    // Rows in which each token is followed mostly by three others, different for each.
    private static double[][] Transitions()
    {
        System.Random random = new(5);
        return [.. Enumerable.Range(0, Vocabulary).Select(_ =>
        {
            double[] weights = [.. Enumerable.Range(0, Vocabulary).Select(_ => Math.Exp(2 * random.NextDouble() * random.Next(3)))];
            return (double[])[.. weights.Select(weight => weight / weights.Sum())];
        })];
    }

    private static void Draw(TokenBatch batch, double[][] transitions, System.Random random)
    {
        for (int sequence = 0; sequence < batch.Sequences; sequence++)
        {
            int token = random.Next(Vocabulary);
            for (int i = 0; i < batch.Tokens; i++)
            {
                batch.Inputs[sequence * batch.Tokens + i] = token;
                double left = random.NextDouble();
                int next = 0;
                while (next < Vocabulary - 1 && (left -= transitions[token][next]) > 0)
                    next++;
                batch.Targets[sequence * batch.Tokens + i] = token = next;
            }
        }
    }
}
