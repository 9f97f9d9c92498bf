namespace Hybrid.Experiments;

/// <summary>One test of a hypothesis as it is planned before anything is measured.</summary>
/// <param name="Number">
/// The number that is tested; where the prediction needs the measured cells (as networks' own inputs) its value is NaN here
/// and stands in the tested number.
/// </param>
/// <param name="Judge">Tests it on the finished cells at a level, the probability of refuting it although it is right.</param>
public sealed record PlannedTest(RegisteredNumber Number, Func<CellResults, double, TestedNumber> Judge);
