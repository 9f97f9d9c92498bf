namespace Hybrid.Experiments.Hypotheses;

/// <summary>A hypothesis with every number that was tested for it.</summary>
/// <param name="Hypothesis">As registered.</param>
/// <param name="Tests">At least one.</param>
public sealed record HypothesisResult(Hypothesis Hypothesis, IReadOnlyList<TestedNumber> Tests)
{
    /// <summary>Refuted if any number is; inconclusive if none is but more than half of them are inconclusive.</summary>
    public Outcome Outcome =>
        Count(Outcome.Refuted) > 0 ? Outcome.Refuted
        : 2 * Count(Outcome.Inconclusive) > Tests.Count ? Outcome.Inconclusive
        : Outcome.Supported;

    /// <summary>The share of numbers that the measurement is too coarse to tell, from 0 to 1.</summary>
    public double UndecidedShare => (double)Count(Outcome.Inconclusive) / Tests.Count;

    /// <summary>How many numbers came out so.</summary>
    public int Count(Outcome outcome) => Tests.Count(test => test.Outcome == outcome);
}

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
