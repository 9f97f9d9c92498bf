namespace Hybrid.Experiments;

/// <summary>One number that was predicted before anything was measured.</summary>
/// <param name="Subject">What it is a number of: a network, a line, a map; a row of the registered table.</param>
/// <param name="Quantity">Which of its numbers; a column of the registered table.</param>
/// <param name="Value">The prediction.</param>
public sealed record RegisteredNumber(string Subject, string Quantity, double Value);
