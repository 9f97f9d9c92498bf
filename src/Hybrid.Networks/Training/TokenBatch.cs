namespace Hybrid.Networks.Training;

/// <summary>A batch of sequences with what is to be predicted at every position. B sequences of n tokens.</summary>
/// <param name="sequences">B, ≥ 1.</param>
/// <param name="tokens">n, ≥ 1.</param>
public sealed class TokenBatch(int sequences, int tokens)
{
    /// <summary>A target where nothing is to be predicted.</summary>
    public const int NoTarget = -1;

    /// <summary>B.</summary>
    public int Sequences { get; } = sequences;

    /// <summary>n.</summary>
    public int Tokens { get; } = tokens;

    /// <summary>[B, n] row-major: the token that the network sees, from 0 to ModelOptions.EmbeddedTokens − 1.</summary>
    public int[] Inputs { get; } = new int[checked(sequences * tokens)];

    /// <summary>[B, n] row-major: the token to predict there, from 0 to Vocabulary − 1, or <see cref="NoTarget"/>.</summary>
    public int[] Targets { get; } = new int[checked(sequences * tokens)];
}
