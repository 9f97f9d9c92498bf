namespace Hybrid.Drawing.Figures;

/// <summary>One row of an interval figure.</summary>
/// <param name="Label">At the left.</param>
/// <param name="Value">The measured value.</param>
/// <param name="Low">Lower end of its interval; may be −∞.</param>
/// <param name="High">Upper end; may be +∞.</param>
public readonly record struct IntervalRow(string Label, double Value, double Low, double High);
