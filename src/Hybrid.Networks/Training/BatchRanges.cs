using Hybrid.Networks.Model;

namespace Hybrid.Networks.Training;

/// <summary>What a batch must be for a model, checked by every engine before it runs.</summary>
internal static class BatchRanges
{
    /// <summary>Returns the number of targets of a batch that fits.</summary>
    /// <exception cref="ArgumentException">Another shape, a token out of its range, or nothing to predict.</exception>
    internal static int EnsureValid(TokenBatch batch, ModelOptions model, int sequences)
    {
        if (batch.Sequences != sequences || batch.Tokens != model.Architecture.Tokens)
        {
            throw new ArgumentException(
                $"a batch must have {sequences} sequences of {model.Architecture.Tokens} tokens, "
                + $"got {batch.Sequences} of {batch.Tokens}");
        }

        int targets = 0;
        for (int i = 0; i < batch.Inputs.Length; i++)
        {
            int input = batch.Inputs[i], target = batch.Targets[i];
            if ((uint)input >= (uint)model.EmbeddedTokens)
                throw new ArgumentException($"input {i} must be from 0 to {model.EmbeddedTokens - 1}, got {input}");
            if (target != TokenBatch.NoTarget && (uint)target >= (uint)model.Vocabulary)
                throw new ArgumentException($"target {i} must be from 0 to {model.Vocabulary - 1} or none, got {target}");
            targets += target == TokenBatch.NoTarget ? 0 : 1;
        }

        return targets > 0 || model.Form?.Output?.Head == HeadKind.None
            ? targets
            : throw new ArgumentException("a batch must have at least one target, got none");
    }
}
