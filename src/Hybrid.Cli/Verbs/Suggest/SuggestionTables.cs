using System.Globalization;
using System.Text.Json.Nodes;
using Hybrid.Cli.Output;
using Hybrid.Cli.Shared;
using Hybrid.Theory;

namespace Hybrid.Cli.Verbs;

/// <summary>A suggestion as tables: what to change, what becomes of the sums, and the published recipes beside it.</summary>
internal static class SuggestionTables
{
    public static void Write(Terminal terminal, Suggestion suggestion)
    {
        IReadOnlyList<SuggestedChange> changes = SuggestedChange.Of(suggestion);
        if (changes.Count > 0)
            WriteChanges(terminal, changes);
        WriteSums(terminal, suggestion);
        terminal.Out.WriteLine(Outcome(suggestion, changes.Count > 0));
        terminal.Out.WriteLine();
        WriteAlternatives(terminal, suggestion);
    }

    private static string Outcome(Suggestion suggestion, bool changed) => suggestion switch
    {
        { AlreadyTrainable: true } => "already trainable, nothing to change",
        { Reached: true } => $"reached: with these changes predict says {Words.Of(suggestion.After.Verdict)}",
        _ when changed => "not reached: no change within the budget was found; this is the nearest one",
        _ => "not reached: no change within the budget was found, nor one that comes nearer",
    };

    private static void WriteChanges(Terminal terminal, IReadOnlyList<SuggestedChange> changes)
    {
        TextTable table = new("<field", "now", "suggested", "factor");
        foreach (SuggestedChange change in changes)
        {
            for (int i = 0; i < change.Fields.Count; i++)
                table.Row(change.Fields[i], Value(change.From[i]), Value(change.To[i]), Numbers.Significant(change.Factor));
        }

        table.Write(terminal);
    }

    /// <summary>A number, or the first and last entries of a schedule.</summary>
    private static string Value(JsonNode node) => node is JsonArray schedule
        ? $"{Value(schedule[0]!)} … {Value(schedule[^1]!)}"
        : Numbers.Significant(node.GetValue<double>());

    private static void WriteSums(Terminal terminal, Suggestion suggestion)
    {
        TrajectorySums before = suggestion.Before.Sums, after = suggestion.After.Sums;
        TextTable table = new("<over the layers", "now", "suggested", "at most");
        table.Row("log of 1 − ρ", Numbers.Significant(before.Angle), Numbers.Significant(after.Angle), "");
        table.Row("log of the gradient's norm", Numbers.Significant(before.GradientCount), Numbers.Significant(after.GradientCount), "");
        table.Row(
            "counted", Numbers.Significant(before.Counted), Numbers.Significant(after.Counted), Numbers.Significant(suggestion.Budget));
        table.Row("verdict", Words.Of(suggestion.Before.Verdict), Words.Of(suggestion.After.Verdict), "");
        table.Write(terminal);
    }

    private static void WriteAlternatives(Terminal terminal, Suggestion suggestion)
    {
        terminal.Out.WriteLine("published recipes, applied to the same architecture:");
        TextTable table = new("<recipe", "counted", "λ_a", "λ_g", "<verdict", "<reference");
        foreach (Alternative alternative in suggestion.Alternatives)
        {
            table.Row(
                alternative.Recipe,
                Numbers.Significant(alternative.Trainability.Sums.Counted),
                Exponent(alternative.Exponents.Angle),
                Exponent(alternative.Exponents.Gradient),
                Words.Of(alternative.Trainability.Verdict),
                alternative.Reference);
        }

        table.Write(terminal);
        TrainabilityLimits limits = TrainabilityModule.Limits;
        terminal.Out.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"λ are per block at the attracting state; verdict: "
            + $"trainable up to a count of {limits.Trainable}, untrainable beyond {limits.Untrainable}"));
    }

    /// <summary>An exponent is the log of a number near 1: below 1e-12 there is only rounding.</summary>
    private static string Exponent(double value) => Numbers.Significant(Math.Abs(value) < 1e-12 ? 0 : value);
}
