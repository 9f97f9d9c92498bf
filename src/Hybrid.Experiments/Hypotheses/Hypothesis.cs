namespace Hybrid.Experiments.Hypotheses;

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

/// <summary>One number that was predicted before anything was measured.</summary>
/// <param name="Subject">What it is a number of: a network, a line, a map; a row of the registered table.</param>
/// <param name="Quantity">Which of its numbers; a column of the registered table.</param>
/// <param name="Value">The prediction.</param>
public sealed record RegisteredNumber(string Subject, string Quantity, double Value);
