using Hybrid.Experiments.Cells;

namespace Hybrid.Experiments.Hypotheses;

/// <summary>A hypothesis with all of its tests, planned before anything is measured.</summary>
/// <param name="Hypothesis">As it is registered.</param>
/// <param name="Tests">At least one.</param>
public sealed record PlannedClaim(Hypothesis Hypothesis, IReadOnlyList<PlannedTest> Tests)
{
    /// <summary>Makes the planned tests and no others.</summary>
    /// <param name="results">Every cell of the experiment.</param>
    /// <param name="level">Probability of refuting one number although it is right, from <see cref="TestPlan.Level"/>.</param>
    /// <exception cref="InvalidOperationException">A test returns another number than it was planned for.</exception>
    public HypothesisResult Judge(CellResults results, double level) => new(Hypothesis, [.. Tests.Select(test =>
    {
        TestedNumber tested = test.Judge(results, level);
        return (tested.Subject, tested.Quantity) == (test.Number.Subject, test.Number.Quantity)
            ? tested
            : throw new InvalidOperationException(
                $"{Hypothesis.Id}: a test must be of '{test.Number.Subject}: {test.Number.Quantity}', "
                    + $"got '{tested.Subject}: {tested.Quantity}'");
    })]);
}

/// <summary>One test of a hypothesis as it is planned before anything is measured.</summary>
/// <param name="Number">
/// The number that is tested; where the prediction needs the measured cells (as networks' own inputs) its value is NaN here
/// and stands in the tested number.
/// </param>
/// <param name="Judge">Tests it on the finished cells at a level, the probability of refuting it although it is right.</param>
public sealed record PlannedTest(RegisteredNumber Number, Func<CellResults, double, TestedNumber> Judge);
