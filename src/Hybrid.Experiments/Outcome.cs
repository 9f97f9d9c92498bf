namespace Hybrid.Experiments;

/// <summary>What measurement says of a hypothesis or of one of its numbers.</summary>
public enum Outcome
{
    /// <summary>The measurement agrees, and is precise enough that a wrong prediction would have shown.</summary>
    Supported,

    /// <summary>The measurement contradicts the prediction at the registered level.</summary>
    Refuted,

    /// <summary>The measurement is too coarse to tell.</summary>
    Inconclusive,
}
