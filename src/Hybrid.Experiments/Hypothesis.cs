namespace Hybrid.Experiments;

/// <summary>A claim that measurement can refute, as registered before it.</summary>
/// <param name="Id">H1, H2, …</param>
/// <param name="Statement">The claim, one or two sentences.</param>
/// <param name="Criterion">By what rule the measurement decides, fixed beforehand.</param>
/// <param name="Predictions">The numbers that the theory commits itself to; may be empty for a claim of sign or order.</param>
public sealed record Hypothesis(
    string Id,
    string Statement,
    string Criterion,
    IReadOnlyList<RegisteredNumber> Predictions);
