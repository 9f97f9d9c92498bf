using Hybrid.Architectures;
using Hybrid.Cli.Output;
using Hybrid.Cli.Shared;
using Hybrid.Import.Records;
using Hybrid.Theory;

namespace Hybrid.Cli.Verbs;

/// <summary>A comparison as tables, the same for the terminal and for pages.</summary>
internal static class CompareTables
{
    private const int LongestValue = 28;

    private const string Caption =
        "counted: what the difference adds when it alone is made in A, when it is the last one on the way to B, and the mean of both; "
        + "then the means for what it is the larger of, the logs of 1 − ρ and of the gradient's norm";

    public static void Write(Terminal terminal, Attribution attribution)
    {
        TextWriter output = terminal.Out;
        foreach (string sentence in Sentences(attribution))
            output.WriteLine(sentence);
        output.WriteLine();
        TextTable.Write(terminal, Numbers(attribution));
        if (attribution.Differences.Count == 0)
            return;
        TextTable.Write(terminal, Fields(attribution));
        TextTable.Write(terminal, Effects(attribution));
        output.WriteLine(Caption);
    }

    /// <summary>Both verdicts, and which difference does most.</summary>
    public static IEnumerable<string> Sentences(Attribution attribution)
    {
        foreach ((string side, Prediction prediction) in new[] { ("A", attribution.A), ("B", attribution.B) })
            yield return $"{side}  {VerdictText.Sentence(prediction.Architecture, prediction.Trainability)}";
        if (attribution.Differences.Count == 0)
        {
            yield return "the records are equal but for their names";
            yield break;
        }

        double change = Counted(attribution.B) - Counted(attribution.A);
        if (!double.IsFinite(change))
            yield break;
        RecordDifference strongest = attribution.Differences.MaxBy(difference => Math.Abs(attribution.Effect(difference, Counted).Mean))!;
        double most = attribution.Effect(strongest, Counted).Mean;
        yield return double.IsFinite(most)
            ? $"counted goes from {Short(Counted(attribution.A))} to {Short(Counted(attribution.B))}; {Names(strongest)} does most of it: "
                + Signed(most)
            : $"counted goes from {Short(Counted(attribution.A))} to {Short(Counted(attribution.B))}";
    }

    /// <summary>Every number of both verdicts.</summary>
    public static ReportTable Numbers(Attribution attribution) => new(
        "",
        ["<number", "<", "A", "B", "change"],
        [
            ["verdict", "", Words.Of(attribution.A.Trainability.Verdict), Words.Of(attribution.B.Trainability.Verdict), ""],
            .. CompareNumbers.All.Select(number => (IReadOnlyList<string>)
            [
                number.Name, number.Symbol, Short(number.Of(attribution.A)), Short(number.Of(attribution.B)),
                Signed(number.Of(attribution.B) - number.Of(attribution.A)),
            ]),
        ]);

    /// <summary>Every field that differs.</summary>
    public static ReportTable Fields(Attribution attribution) => new(
        "",
        ["<field", "A", "B"],
        [
            .. attribution.Fields.Select(field => (IReadOnlyList<string>)
                [field.Path, Value(field, attribution.A.Architecture), Value(field, attribution.B.Architecture)]),
        ]);

    /// <summary>What each difference does.</summary>
    public static ReportTable Effects(Attribution attribution)
    {
        List<IReadOnlyList<string>> rows = [.. attribution.Differences.Select(difference =>
        {
            (double alone, double last, double mean) = attribution.Effect(difference, Counted);
            return (IReadOnlyList<string>)
            [
                Names(difference), Signed(alone), Signed(last), Signed(mean),
                .. CompareNumbers.Attributed[1..].Select(number => Signed(attribution.Effect(difference, number.Of).Mean)),
            ];
        })];
        if (attribution.Differences.Count > 1)
        {
            rows.Add(["several together", "", "",
                .. CompareNumbers.Attributed.Select(number => Signed(attribution.Together(number.Of)))]);
        }

        return new(Caption, ["<difference", "alone", "last", "counted", "log 1 − ρ", "log gradient"], rows);
    }

    private static double Counted(Prediction prediction) => prediction.Trainability.Sums.Counted;

    private static string Names(RecordDifference difference) => string.Join(", ", difference.Fields.Select(field => field.Path));

    private static string Value(Field field, Architecture architecture)
    {
        string text = field.Read(architecture) is FieldValue.Number number
            ? Short(number.Item, 6) : ArchitectureJson.ValueOf(field, architecture)?.ToJsonString().Trim('"') ?? "null";
        return text.Length <= LongestValue ? text : $"{text[..(LongestValue - 12)]} … {text[^9..]}";
    }

    private static string Short(double value, int digits = 4) => Hybrid.Drawing.Numbers.Significant(value, digits);

    // Differences of numbers of order one, good to a few 1e-16 each.
    private static string Signed(double value) => Math.Abs(value) < 1e-13 ? "0" : value > 0 ? $"+{Short(value)}" : Short(value);
}
