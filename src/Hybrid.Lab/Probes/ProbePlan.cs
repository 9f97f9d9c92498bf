namespace Hybrid.Lab.Probes;

/// <summary>What is to be measured of a network.</summary>
/// <param name="Tokens">Tokens of a sequence; null for the usual number or the context, whichever is less.</param>
/// <param name="Sequences">How many, ≥ 1.</param>
/// <param name="Text">A text file, or null.</param>
/// <param name="Ids">A file of token numbers, or null.</param>
/// <param name="Layers">The boundaries over which growth is fitted; null for the middle of the depth.</param>
/// <param name="Exponents">Leading Lyapunov exponents; 0 for none.</param>
/// <param name="Quick">Whether gradients, operator norms and bounds through them are left out.</param>
/// <param name="Seed">Of random tokens, draws of the theory and tangents.</param>
/// <param name="Threads">≥ 1; results do not depend on it.</param>
public sealed record ProbePlan(
    int? Tokens,
    int Sequences,
    string? Text,
    string? Ids,
    (int First, int Last)? Layers,
    int Exponents,
    bool Quick,
    ulong Seed,
    int Threads)
{
    /// <summary>What runs the network.</summary>
    public NetworkEntry Engine { get; init; } = NetworkEntry.Dense;
}
