using Hybrid.Networks.Training;

namespace Hybrid.Lab.Data;

/// <summary>
/// Batches by number: batch t of training is a function of (source, task, seed, t) alone, so that a run that resumes needs no
/// state of a generator.
/// </summary>
/// <param name="source">Where sequences come from.</param>
/// <param name="model">Task and number of tokens.</param>
/// <param name="seed">Names the hidden positions of a masked task.</param>
public sealed class BatchMaker(ITokenSource source, ModelOptions model, ulong seed)
{
    /// <summary>Tokens of the source that one sequence takes: next-token prediction needs one more than the network sees.</summary>
    public int SequenceLength { get; } = model.Architecture.Tokens + (model.Task == TrainingTask.NextToken ? 1 : 0);

    /// <summary>
    /// Fills <paramref name="batch"/> with batch number <paramref name="number"/>
    /// ≥ 0 of a part: sequences number·B, number·B + 1, …
    /// </summary>
    public void Fill(Split split, long number, TokenBatch batch)
    {
        byte[] tokens = new byte[SequenceLength];
        for (int row = 0; row < batch.Sequences; row++)
        {
            long sequence = number * batch.Sequences + row;
            source.Fill(split, sequence, tokens);
            Span<int> inputs = batch.Inputs.AsSpan(row * batch.Tokens, batch.Tokens);
            Span<int> targets = batch.Targets.AsSpan(row * batch.Tokens, batch.Tokens);
            if (model.Task == TrainingTask.NextToken)
                Shift(tokens, inputs, targets);
            else
                Hide(tokens, HiddenPositions.Of(seed, split, sequence, tokens.Length), inputs, targets);
        }
    }

    private static void Shift(ReadOnlySpan<byte> tokens, Span<int> inputs, Span<int> targets)
    {
        for (int i = 0; i < inputs.Length; i++)
        {
            inputs[i] = tokens[i];
            targets[i] = tokens[i + 1];
        }
    }

    private void Hide(ReadOnlySpan<byte> tokens, ReadOnlySpan<int> hidden, Span<int> inputs, Span<int> targets)
    {
        targets.Fill(TokenBatch.NoTarget);
        for (int i = 0; i < inputs.Length; i++)
            inputs[i] = tokens[i];
        foreach (int position in hidden)
        {
            targets[position] = tokens[position];
            inputs[position] = model.HiddenToken;
        }
    }
}
