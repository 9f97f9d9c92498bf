using Hybrid.Architectures;
using Hybrid.Drawing;
using Hybrid.Import.HuggingFace;
using Hybrid.Theory;

namespace Hybrid.Cli.Output;

/// <summary>What an import takes for granted, evaluated again without it where that can be done.</summary>
internal static class ImportCaveats
{
    /// <summary>Every caveat of a prediction, the strongest effect first.</summary>
    /// <param name="prediction">The prediction.</param>
    /// <param name="import">How the architecture was imported; null for a preset or a record.</param>
    /// <param name="otherScaling">The architecture with the residual scaling that was not taken, or null.</param>
    public static Caveat[] Of(Prediction prediction, ImportReport? import, Architecture? otherScaling)
    {
        if (import is null || !double.IsFinite(prediction.Trainability.Sums.Counted))
            return prediction.Caveats;
        return Theory.Caveats.Rank(
            prediction.Trainability,
            [.. prediction.Caveats, .. Tokens(prediction, import), .. Scaling(prediction, import, otherScaling), .. Unmodelled(import)]);
    }

    /// <summary>What could change the numbers and is not in them.</summary>
    public static IEnumerable<Caveat> Unmodelled(ImportReport import)
    {
        foreach (string note in import.Notes.Where(note => note.Contains("not modelled", StringComparison.Ordinal)))
            yield return Theory.Caveats.Uncomputed(note);
        if (import.IgnoredKeys.Count > 0)
            yield return Theory.Caveats.Uncomputed($"ignored keys could scale something: {string.Join(", ", import.IgnoredKeys)}");
    }

    private static IEnumerable<Caveat> Tokens(Prediction prediction, ImportReport import)
    {
        Architecture architecture = prediction.Architecture;
        if (import.Context <= architecture.Tokens)
            yield break;
        double counted = Theory.Caveats.CountedAtTokens(architecture, import.Context, prediction.Trainability.Sums.Counted);
        string how = architecture.Mask.IsCausal
            ? $"if the trend from {architecture.Tokens / 2} to {architecture.Tokens} tokens goes on"
            : "there";
        yield return Theory.Caveats.Shifted(
            prediction.Trainability,
            counted,
            $"the numbers are for {architecture.Tokens} tokens, the model reads up to {import.Context} (--set tokens=N): {how}");
    }

    private static IEnumerable<Caveat> Scaling(Prediction prediction, ImportReport import, Architecture? otherScaling)
    {
        if (otherScaling is null)
            yield break;
        TrajectorySums other = Theory.Caveats.SumsOf(otherScaling);
        double input = otherScaling.Input.Norm;
        LayerPrediction first = prediction.Layers[0], last = prediction.Layers[^1];
        string reading = import.Scaling == ResidualScaling.Depth
            ? "if your code does not scale W_O and W_2 by 1/√(2L) (--residual-scaling none)"
            : "if your code scales W_O and W_2 by 1/√(2L) (--residual-scaling depth)";
        string[] changes =
        [
            .. Change("q at the output", input * Math.Exp(other.Growth), last.Q),
            .. Change("g_d at the input", Math.Exp(other.Gradient), first.GradientDiagonal),
        ];
        yield return Theory.Caveats.Shifted(
            prediction.Trainability,
            other.Counted,
            $"{reading}, {(changes is [] ? "q at the output and g_d at the input are the same" : string.Join(", ", changes))}");
    }

    /// <summary>What a quantity is instead; nothing where both are shown as the same number.</summary>
    private static string[] Change(string quantity, double other, double own) =>
        Short(other) == Short(own) ? [] : [$"{quantity} is {Short(other)} and not {Short(own)}"];

    private static string Short(double value) => Numbers.Significant(value, 3);
}
