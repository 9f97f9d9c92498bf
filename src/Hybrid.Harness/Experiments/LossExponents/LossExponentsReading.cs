using System.Globalization;

namespace Hybrid.Harness.Experiments.LossExponents;

/// <summary>The sentences that the numbers dictate.</summary>
/// <param name="all">What every placement says.</param>
/// <param name="judged">H1 to H4; the subject of every tested number is its placement.</param>
internal sealed class LossExponentsReading(IReadOnlyList<PlacementFindings> all, IReadOnlyList<HypothesisResult> judged)
{
    /// <summary>Plainly whether the claim holds, and in which placements.</summary>
    public string Verdict =>
        $"That the larger of the two exponents orders the losses {Where(judged[0])}. "
        + $"That the two numbers predict the loss {Where(judged[1])}. "
        + $"That the loss is least where both vanish {Where(judged[2])}. "
        + $"That the two numbers suffice alone {Where(judged[3])}. "
        + $"The claim as a whole, prediction by these two numbers alone with the best at the joint zero, {Where(placement => Worst(judged.Skip(1), placement))}.";

    /// <summary>What the claim was not tested on.</summary>
    public string Limits
    {
        get
        {
            int diverged = all.Sum(findings => findings.Losses.Diverged);
            string runs = diverged == 0 ? "No run diverged. " : string.Create(CultureInfo.InvariantCulture, $"Diverged runs, which count with the loss of knowing nothing: {diverged}. ");
            return runs
                + "Under a causal mask the exponents are those of the collapsed line, where attention is a uniform average: σ_A does not enter them, which is why it can be asked what it does at equal exponents. "
                + "The table of fits also has the exponents of the same networks without a mask, which σ_A does enter. "
                + "One task, one optimiser, one width, short runs: another learning rate for each network may order them differently.";
        }
    }

    /// <summary>What one placement says, and where it departs from the claim.</summary>
    public string Of(PlacementFindings findings)
    {
        double Explained(string inputs) => findings.Fits.Single(fit => fit.Inputs == inputs).Explained.Mean;
        ExponentPlace[] best = [.. findings.Nearness.Best.Select(place => findings.Grid.Places[place])];
        ExponentPlace least = findings.LeastFitted;
        LossSubset odd = findings.Subsets.MaxBy(subset => Math.Abs(subset.Residual.Mean))!;
        LossSubset loose = findings.Subsets.MinBy(subset => subset.Order.Value)!;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{findings.Grid.Name}: the rank correlation of max(|Σλ_a|, |Σλ_g|) and loss is {findings.Order.Value:0.00}. The two numbers explain {findings.ExponentFit.Explained.Mean:0.00} of the variance (R²), with a, σ_w and L beside them {Explained(LossFit.ExponentsAndParameters):0.00}, and these three without them {Explained(LossFit.Parameters):0.00}. At equal exponents σ_A makes {100 * findings.Losses.LogitStdShare.Mean:0.#} % of the variance and runs make {100 * findings.Losses.RunShare.Mean:0.#} %, so that any function of the two numbers explains at most {findings.Losses.MostExplained:0.00}. ")
            + string.Create(
                CultureInfo.InvariantCulture,
                $"The best tenth of the places has a maximum of {best.Min(place => place.Distance):0.##} to {best.Max(place => place.Distance):0.##}, a mean percentile of {findings.Nearness.Percentile:0.00}; the best is {best[0].Subject} at Σλ_a = {best[0].Angle:0.##}, Σλ_g = {best[0].Gradient:0.##}, and the fit in the two numbers is least at Σλ_a = {least.Angle:0.##}, Σλ_g = {least.Gradient:0.##}. ")
            + string.Create(
                CultureInfo.InvariantCulture,
                $"The fit errs most in the mean at {odd.Name}, where the losses are {Math.Abs(odd.Residual.Mean):0.###} nats {(odd.Residual.Mean > 0 ? "above" : "below")} what the two numbers foretell; the maximum orders losses least at {loose.Name}, with a rank correlation of {loose.Order.Value:0.00}.");
    }

    private string Where(HypothesisResult result) => Where(placement => Worst([result], placement));

    /// <summary>"holds under …, fails under …, is undecided under …", as far as there are any.</summary>
    private string Where(Func<string, Outcome> of)
    {
        ILookup<Outcome, string> placements = all.Select(findings => findings.Grid.Name).ToLookup(of);
        return string.Join(", ", new[] { (Outcome.Supported, "holds"), (Outcome.Refuted, "fails"), (Outcome.Inconclusive, "is undecided") }
            .Where(case_ => placements.Contains(case_.Item1))
            .Select(case_ => $"{case_.Item2} under {Listed([.. placements[case_.Item1]])}"));
    }

    private static string Listed(string[] names) => names.Length == 1 ? names[0] : $"{string.Join(", ", names[..^1])} and {names[^1]}";

    /// <summary>Refuted where any number of the placement is, undecided where none is but any is undecided.</summary>
    private static Outcome Worst(IEnumerable<HypothesisResult> results, string placement)
    {
        Outcome[] outcomes = [.. results.SelectMany(result => result.Tests).Where(test => test.Subject == placement).Select(test => test.Outcome)];
        return outcomes.Contains(Outcome.Refuted) ? Outcome.Refuted
            : outcomes.Contains(Outcome.Inconclusive) ? Outcome.Inconclusive
            : Outcome.Supported;
    }
}
