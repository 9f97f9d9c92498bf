using System.Globalization;
using Hybrid.Architectures;
using Hybrid.Drawing;
using Hybrid.Theory;

namespace Hybrid.Cli.Output;

/// <summary>A verdict in sentences, the same for the terminal and for pages.</summary>
internal static class VerdictText
{
    /// <summary>How many caveats are shown; all of them are in the JSON.</summary>
    public const int Caveats = 3;

    /// <summary>What q, ρ, g_d and g_o are, for somebody who has never read the theory.</summary>
    public const string Legend =
        "q: a token's mean square per coordinate · ρ: correlation of two tokens, 1 = all tokens alike · g_d: mean square of a token's loss "
        + "gradient, 1 at the output · g_o: overlap of two tokens' gradients, 0 at the output";

    /// <summary>The answer, for somebody who has never read the theory.</summary>
    public static string Sentence(Architecture architecture, Trainability trainability) =>
        $"verdict: {Words.Of(trainability.Verdict)}: {Meaning(architecture, trainability)}";

    private static string Meaning(Architecture architecture, Trainability trainability)
    {
        string blocks = architecture.Depth == 1 ? "its block" : $"its {architecture.Depth} blocks";
        string what = trainability.DecidedByAngles ? "differences between tokens" : "gradients";
        return trainability.Verdict switch
        {
            { IsTrainable: true } when trainability.Written == 0 =>
                "branches write nothing at the start, so the network is "
                + (Math.Abs(trainability.Sums.Growth) < TrainabilityModule.DeadZone
                    ? "the identity: nothing grows, nothing shrinks, and branches must learn to open"
                    : "its skips, which scale the embedding and nothing else: branches must learn to open"),
            { IsTrainable: true } when trainability.Written < TrainabilityModule.HardlyComputes =>
                $"signal and gradient pass, but the network hardly computes: branches write {Percent(trainability.Written)} of the stream",
            { IsTrainable: true } => $"{Tokens(trainability)} and {Gradients(trainability)} through {blocks}, so it can train",
            { IsMarginal: true } =>
                $"{what} change so much through {blocks} that few networks like it train well without help, such as a warm-up",
            { IsUntrainable: true } when trainability.Diverges =>
                $"its norm or gradients leave double precision within {blocks}: it cannot train as it is "
                + "(hybrid suggest says what to change)",
            { IsUntrainable: true } =>
                $"{what} change too much through {blocks}: it will hardly train as it is (hybrid suggest says what to change)",
            _ when trainability.CountedInMost != trainability.Sums.Counted && double.IsFinite(trainability.Sums.Counted) =>
                $"gradients change by much on the average through {blocks}, and by {Most(trainability)} in most networks like it",
            _ when double.IsFinite(trainability.Sums.Counted) =>
                $"{what} change by so nearly what is the limit that the numbers do not tell on which side this network is",
            _ => "the numbers do not tell",
        };
    }

    private static string Most(Trainability trainability) =>
        trainability.CountedInMost <= trainability.Limits.Trainable ? "little" : "less";

    private static string Tokens(Trainability trainability) => trainability switch
    {
        { TokensAreEqual: true } => "all tokens are equal from the start",
        _ when Math.Abs(trainability.Sums.Angle) < TrainabilityModule.DeadZone => "tokens stay as different as they are",
        _ => $"tokens stay different (differences {Change(trainability.Sums.Angle)})",
    };

    private static string Gradients(Trainability trainability) =>
        Math.Abs(trainability.Sums.GradientCount) < TrainabilityModule.DeadZone
            ? "gradients keep their size"
            : $"gradients {Change(trainability.Sums.GradientCount)}";

    /// <summary>A change of at most e^<see cref="TrainabilityLimits.Trainable"/> in words, from its logarithm.</summary>
    private static string Change(double log) => $"{(log > 0 ? "grow" : "shrink")} {Numbers.Significant(Math.Exp(Math.Abs(log)), 2)}-fold";

    /// <summary>The number that decides, what it is, and its distance to the limits.</summary>
    public static string Distance(Trainability trainability)
    {
        double counted = trainability.Sums.Counted;
        TrainabilityLimits limits = trainability.Limits;
        string allowed = string.Create(
            CultureInfo.InvariantCulture,
            $"trainable up to {limits.Trainable}, untrainable beyond {limits.Untrainable}");
        if (!double.IsFinite(counted))
            return $"counted: {Numbers.Significant(counted)}; {allowed}";
        string sign = (trainability.DecidedByAngles ? trainability.Sums.Angle : trainability.Sums.GradientCount) < 0 ? "÷" : "×";
        string what = trainability.DecidedByAngles ? "differences between tokens" : "the gradient's norm";
        string factor = counted < 700 ? Numbers.Significant(Math.Exp(counted), 3) : $"e^{Numbers.Significant(counted, 3)}";
        string number = Number(counted, trainability.CountedError);
        string layers = trainability.Diverges ? "the layers before it diverges" : "the layers";
        return $"counted: {number} ({what} {sign} {factor} over {layers}, as a natural log); {allowed}";
    }

    /// <summary>How often networks with such numbers trained; null where there is no number, or not of the whole network.</summary>
    public static string? Evidence(Architecture architecture, Trainability trainability)
    {
        double counted = trainability.Sums.Counted;
        TrainabilityLimits limits = trainability.Limits;
        if (!double.IsFinite(counted) || trainability.Diverges)
            return null;
        if (!trainability.Verdict.IsUndecided)
            return $"how sure: {Known(counted)} with a count on this side of the limits learnt when they were trained (docs/how-sure.md)";
        if (trainability.CountedInMost != counted)
        {
            return $"how sure: {Known(trainability.CountedInMost)} with the count of most such networks learnt when they were trained, "
                + $"{Known(counted)} with their mean (docs/how-sure.md)";
        }

        double limit = counted < 0.5 * (limits.Trainable + limits.Untrainable) ? limits.Trainable : limits.Untrainable;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"how sure: too close to {limit} to tell; {Known(limit)} below it and {Known(limit + 1e-9)} above it learnt ")
            + "(docs/how-sure.md)";

        string Known(double at)
        {
            TrainedNetworks known = Theory.Evidence.Of(architecture.Norm, limits, at);
            return $"{known.Trained} of {known.Networks} small networks";
        }
    }

    /// <summary>A caveat's effect in words.</summary>
    public static string Effect(Caveat caveat) => caveat.Effect switch
    {
        { IsChangesVerdict: true } => "changes the verdict",
        { IsChangesFluctuations: true } => "changes fluctuations",
        _ => "informational",
    };

    private static string Number(double value, double error) => error switch
    {
        > 0.005 => string.Create(CultureInfo.InvariantCulture, $"{value:0.00} ± {error:0.00}"),
        _ when value is > 0 and < 0.01 => "0.00",
        _ => Numbers.Significant(value, 3),
    };

    private static string Percent(double share) => $"{Numbers.Significant(100 * share, 2)} %";
}
