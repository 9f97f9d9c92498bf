using System.Globalization;
using Hybrid.Architectures;
using Hybrid.Theory;

namespace Hybrid.Cli.Output;

/// <summary>A verdict in sentences, for the terminal and for pages.</summary>
internal static class VerdictText
{
    /// <summary>The answer, for somebody who has never read the theory.</summary>
    public static string Sentence(Architecture architecture, Trainability trainability)
    {
        string blocks = architecture.Depth == 1 ? "its block" : $"its {architecture.Depth} blocks";
        return $"verdict: {Words.Of(trainability.Verdict)}: " + trainability.Verdict switch
        {
            { IsTrainable: true } => $"tokens and gradients keep their size through {blocks}, so it can train",
            { IsMarginal: true } =>
                $"tokens or gradients change so much through {blocks} that few networks like it train well without help",
            { IsUntrainable: true } =>
                $"tokens or gradients change too much through {blocks}: it will hardly train as it is (hybrid suggest says what to change)",
            _ => "the numbers do not tell",
        };
    }

    /// <summary>The number that decides and its distance to the limits.</summary>
    public static string Distance(Trainability trainability)
    {
        double counted = trainability.Sums.Counted;
        string error = trainability.CountedError > 0
            ? string.Create(CultureInfo.InvariantCulture, $" ± {trainability.CountedError:0.00}")
            : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"counted: {Numbers.Significant(counted, 3)}{error} e-folds; "
            + $"trainable up to {trainability.Limits.Trainable}, untrainable beyond {trainability.Limits.Untrainable}");
    }

    /// <summary>How often networks with such numbers trained; null where there is no number.</summary>
    public static string? Evidence(Architecture architecture, Trainability trainability)
    {
        if (!double.IsFinite(trainability.Sums.Counted))
            return null;
        TrainedNetworks known = Theory.Evidence.Of(architecture.Norm, trainability.Limits, trainability.Sums.Counted);
        return $"how sure: of {known.Networks} small networks with such a number, "
            + $"{known.Trained} learnt when they were trained (docs/how-sure.md)";
    }
}
