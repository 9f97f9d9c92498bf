using System.Globalization;
using Hybrid.Drawing;
using Hybrid.Experiments.Hypotheses;

namespace Hybrid.Experiments.LossExponents;

/// <summary>The sentences that the numbers dictate.</summary>
/// <param name="all">What every placement says.</param>
/// <param name="judged">H1 to H4; the subject of every tested number is its placement.</param>
internal sealed class LossExponentsReading(IReadOnlyList<PlacementFindings> all, IReadOnlyList<HypothesisResult> judged)
{
    /// <summary>max(|Σλ_a|, |Σλ_g|) within which the registered hypotheses place the best losses.</summary>
    internal const double Budget = 3;

    /// <summary>Whether the claim holds; what each placement says and where it departs from the claim; what was not tested.</summary>
    public IEnumerable<string> Paragraphs =>
        [Verdict, .. all.Select(findings => $"{Fit(findings)} {Zero(findings)} {Departures(findings)}"), Limits];

    private string Verdict =>
        $"That the larger of the two exponents orders the losses {Where(judged[0])}. "
        + $"That the two numbers predict the loss {Where(judged[1])}. "
        + $"That the loss is least where both vanish {Where(judged[2])}. "
        + $"That the two numbers suffice alone {Where(judged[3])}. "
        + "The claim as a whole, prediction by these two numbers alone with the best at the joint zero, "
        + $"{Where(placement => Worst(judged.Skip(1), placement))}.";

    private string Limits =>
        "Runs that diverged, and count with the loss of knowing nothing: "
        + $"{Numbers.Integer(all.Sum(findings => findings.Losses.Diverged))}. "
        + "Under a causal mask the exponents are those of the collapsed line, "
        + "where attention is a uniform average: σ_A does not enter them, which is why it can be "
        + "asked what it does at equal exponents. The table of fits also has the "
        + "exponents of the same networks without a mask, which σ_A does enter. "
        + "One task, one optimiser, one width, short runs: another learning rate for each network may order them differently.";

    private static string Fit(PlacementFindings findings)
    {
        GridLosses losses = findings.Losses;
        string Explained(string inputs) => Decimal(findings.Fits.Single(fit => fit.Inputs == inputs).Explained.Mean);
        return $"{findings.Grid.Name}: the rank correlation of max(|Σλ_a|, |Σλ_g|) and loss is {Decimal(findings.Order.Value)}. "
            + $"The two numbers explain {Explained(LossFit.Exponents)} of the variance (R²), with a, σ_w and L beside them "
            + $"{Explained(LossFit.ExponentsAndParameters)}, with a and L alone beside them {Explained(LossFit.ExponentsBranchAndDepth)}, "
            + $"and a, σ_w and L without them {Explained(LossFit.Parameters)}. "
            + $"Of the variance σ_A makes {Decimal(losses.LogitStdShare.Mean)} at "
            + $"equal exponents and runs make {Decimal(losses.RunShare.Mean)}, "
            + $"so that no function of the two numbers can be expected to explain more than {Decimal(losses.MostExplained)}.";
    }

    private static string Zero(PlacementFindings findings)
    {
        Nearness nearness = findings.Nearness;
        ExponentPlace best = findings.Grid.Places[nearness.Best[0]], least = findings.LeastFitted;
        string Loss(IReadOnlyList<int> places) => Numbers.Significant(places.Average(place => findings.Losses.Places[place]), 4);
        return $"The tenth of the places with the least losses, {Loss(nearness.Best)} nats in the mean, "
            + $"has a mean percentile of {Decimal(nearness.Percentile)} "
            + $"in the distance from the joint zero; the tenth nearest to it ends at {Loss(nearness.Nearest)}. "
            + $"The best place is {best.Subject} at Σλ_a = {Decimal(best.Angle)}, Σλ_g = {Decimal(best.Gradient)}; "
            + $"the fit in the two numbers is least at Σλ_a = {Decimal(least.Angle)}, Σλ_g = {Decimal(least.Gradient)}.";
    }

    private static string Departures(PlacementFindings findings)
    {
        LossSubset odd = findings.Subsets.MaxBy(subset => Math.Abs(subset.Residual.Mean))!;
        LossSubset loose = findings.Subsets.MinBy(subset => subset.Order.Value)!;
        return $"The fit errs most in the mean at {odd.Name}, where losses are {Decimal(Math.Abs(odd.Residual.Mean))} nats "
            + $"{(odd.Residual.Mean > 0 ? "above" : "below")} what the two numbers foretell; "
            + $"the distance orders losses least at {loose.Name}, with a rank correlation of {Decimal(loose.Order.Value)}.";
    }

    private static string Decimal(double value) => value.ToString("0.00;-0.00;0.00", CultureInfo.InvariantCulture);

    private string Where(HypothesisResult result) => Where(placement => Worst([result], placement));

    /// <summary>"holds under …, fails under …, is undecided under …", as far as there are any.</summary>
    private string Where(Func<string, Outcome> of)
    {
        ILookup<Outcome, string> placements = all.Select(findings => findings.Grid.Name).ToLookup(of);
        (Outcome Outcome, string Verb)[] words =
            [(Outcome.Supported, "holds"), (Outcome.Refuted, "fails"), (Outcome.Inconclusive, "is undecided")];
        return string.Join(", ", words
            .Where(word => placements.Contains(word.Outcome))
            .Select(word => $"{word.Verb} under {Listed([.. placements[word.Outcome]])}"));
    }

    private static string Listed(string[] names) => names.Length == 1 ? names[0] : $"{string.Join(", ", names[..^1])} and {names[^1]}";

    /// <summary>Refuted where any number of the placement is, undecided where none is but any is undecided.</summary>
    private static Outcome Worst(IEnumerable<HypothesisResult> results, string placement)
    {
        Outcome[] outcomes =
            [.. results.SelectMany(result => result.Tests).Where(test => test.Subject == placement).Select(test => test.Outcome)];
        return outcomes.Contains(Outcome.Refuted) ? Outcome.Refuted
            : outcomes.Contains(Outcome.Inconclusive) ? Outcome.Inconclusive
            : Outcome.Supported;
    }
}
