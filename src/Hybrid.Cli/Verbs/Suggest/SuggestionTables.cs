using System.Globalization;
using System.Text.Json.Nodes;
using Hybrid.Cli.Output;
using Hybrid.Cli.Shared;
using Hybrid.Drawing;
using Hybrid.Theory;

namespace Hybrid.Cli.Verbs;

/// <summary>A suggestion as tables: what to change, what becomes of the sums, and the published recipes beside it.</summary>
internal static class SuggestionTables
{
    private const string Recipes = "published recipes, applied to the same architecture:";

    public static void Write(Terminal terminal, Suggestion suggestion)
    {
        if (Changes(suggestion) is ReportTable changes)
            TextTable.Write(terminal, changes);
        TextTable.Write(terminal, Sums(suggestion));
        terminal.Out.WriteLine(Outcome(suggestion));
        terminal.Out.WriteLine();
        terminal.Out.WriteLine(Recipes);
        TextTable.Write(terminal, Alternatives(suggestion));
        terminal.Out.WriteLine(Limits());
    }

    /// <summary>Whether it is reached, in words.</summary>
    public static string Outcome(Suggestion suggestion) => Outcome(suggestion, SuggestedChange.Of(suggestion).Count > 0);

    private static string Outcome(Suggestion suggestion, bool changed) => suggestion switch
    {
        { AlreadyTrainable: true, Before.Written: > 0 and < TrainabilityModule.HardlyComputes } =>
            "already trainable, nothing to change for that; but the network hardly computes: raise the branches or lower input.norm",
        { AlreadyTrainable: true } => "already trainable, nothing to change",
        { Reached: true } => $"reached: with these changes predict says {Words.Of(suggestion.After.Verdict)}",
        _ when changed => "not reached: no change within the budget was found; this is the nearest one",
        _ => "not reached: no change within the budget was found, nor one that comes nearer",
    };

    /// <summary>A row a field that changes; null where none does.</summary>
    public static ReportTable? Changes(Suggestion suggestion)
    {
        IReadOnlyList<SuggestedChange> changes = SuggestedChange.Of(suggestion);
        return changes.Count == 0 ? null : new(
            "",
            ["<field", "now", "suggested", "factor"],
            [
                .. changes.SelectMany(change => change.Fields.Select((field, i) => (IReadOnlyList<string>)
                    [field, Value(change.From[i]), Value(change.To[i]), Numbers.Significant(change.Factor)])),
            ]);
    }

    /// <summary>A number, or the first and last entries of a schedule.</summary>
    private static string Value(JsonNode node) => node is JsonArray schedule
        ? $"{Value(schedule[0]!)} … {Value(schedule[^1]!)}"
        : Numbers.Significant(node.GetValue<double>());

    /// <summary>What becomes of the sums.</summary>
    public static ReportTable Sums(Suggestion suggestion)
    {
        TrajectorySums before = suggestion.Before.Sums, after = suggestion.After.Sums;
        return new(
            "",
            ["<over the layers", "now", "suggested", "at most"],
            [
                ["log of 1 − ρ", Numbers.Significant(before.Angle), Numbers.Significant(after.Angle), ""],
                ["log of the gradient's norm", Numbers.Significant(before.GradientCount), Numbers.Significant(after.GradientCount), ""],
                [
                    "counted", Numbers.Significant(before.Counted), Numbers.Significant(after.Counted),
                    Numbers.Significant(suggestion.Budget),
                ],
                ["verdict", Words.Of(suggestion.Before.Verdict), Words.Of(suggestion.After.Verdict), ""],
            ]);
    }

    /// <summary>A row a published recipe.</summary>
    public static ReportTable Alternatives(Suggestion suggestion) => new(
        Recipes,
        ["<recipe", "counted", "λ_a", "λ_g", "<verdict", "<reference"],
        [
            .. suggestion.Alternatives.Select(alternative => (IReadOnlyList<string>)
            [
                alternative.Recipe,
                Numbers.Significant(alternative.Trainability.Sums.Counted),
                Exponent(alternative.Exponents.Angle),
                Exponent(alternative.Exponents.Gradient),
                Words.Of(alternative.Trainability.Verdict),
                alternative.Reference,
            ]),
        ]);

    /// <summary>What exponents are, and from which count on there is which verdict.</summary>
    public static string Limits()
    {
        TrainabilityLimits limits = TrainabilityModule.Limits;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"λ are per block at the attracting state; verdict: "
            + $"trainable up to a count of {limits.Trainable}, untrainable beyond {limits.Untrainable}");
    }

    /// <summary>An exponent is the log of a number near 1: below 1e-12 there is only rounding.</summary>
    private static string Exponent(double value) => Numbers.Significant(Math.Abs(value) < 1e-12 ? 0 : value);
}
