using Hybrid.Networks.Training;

namespace Hybrid.Benchmarks.Reference;

/// <summary>Sequences of random tokens and targets, the same at every call.</summary>
internal static class RandomTokens
{
    internal static TokenBatch Of(int vocabulary, int sequences, int tokens)
    {
        TokenBatch batch = new(sequences, tokens);
        Random random = new(1);
        for (int i = 0; i < batch.Inputs.Length; i++)
            (batch.Inputs[i], batch.Targets[i]) = (random.Next(vocabulary), random.Next(vocabulary));
        return batch;
    }
}
