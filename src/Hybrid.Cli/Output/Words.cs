using Hybrid.Lab.Comparisons;
using Hybrid.Lab.Training;
using Hybrid.Theory;

namespace Hybrid.Cli.Output;

/// <summary>Choices as the words that tables and JSON show.</summary>
internal static class Words
{
    public static string Of(Phase phase) =>
        phase.IsOrdered ? "ordered" : phase.IsCritical ? "critical" : phase.IsChaotic ? "chaotic" : "unknown";

    public static string Of(Verdict verdict) =>
        verdict.IsTrainable ? "trainable" : verdict.IsMarginal ? "marginal" : verdict.IsUntrainable ? "untrainable" : "undecided";

    public static string Of(Agreement agreement) => agreement switch
    {
        Agreement.Agrees => "agrees",
        Agreement.Disagrees => "disagrees",
        _ => "inconclusive",
    };

    public static string Of(TrainingOutcome outcome) => outcome switch
    {
        TrainingOutcome.Finished => "finished",
        TrainingOutcome.Diverged => "diverged",
        TrainingOutcome.Running => "running",
        _ => "stopped",
    };

    public static string Of(LossTrend trend) => trend switch
    {
        LossTrend.Falling => "falling",
        LossTrend.Level => "level",
        LossTrend.Rising => "rising",
        _ => "unknown",
    };

    /// <summary>One character for a table.</summary>
    public static string Mark(Agreement agreement) => agreement switch
    {
        Agreement.Agrees => "✓",
        Agreement.Disagrees => "✗",
        _ => "?",
    };

    /// <summary>The quantity's name in JSON.</summary>
    public static string Field(Quantity quantity) => quantity switch
    {
        Quantity.Q => "q",
        Quantity.Rho => "rho",
        Quantity.GradientDiagonal => "gradientDiagonal",
        _ => "gradientOffDiagonal",
    };

    /// <summary>The quantity's symbol in tables.</summary>
    public static string Symbol(Quantity quantity) => quantity switch
    {
        Quantity.Q => "q",
        Quantity.Rho => "ρ",
        Quantity.GradientDiagonal => "g_d",
        _ => "g_o",
    };
}
