using Hybrid.Architectures;

namespace Hybrid.Import.Records;

/// <summary>One architecture at another width.</summary>
public static class ArchitectureWidth
{
    /// <summary>
    /// The architecture at a width: the MLP's width changes by the same factor; heads, tokens and everything else stay, so
    /// every prediction stays too. The result is legal if <paramref name="width"/> is a multiple of the heads.
    /// </summary>
    /// <param name="architecture">The architecture.</param>
    /// <param name="width">d, ≥ 1.</param>
    public static Architecture At(Architecture architecture, int width) =>
        architecture.With(width: width, mlpWidth: MlpWidth(architecture.MlpWidth, architecture.Width, width));

    /// <summary>
    /// The same network built at a width with weights of the same standard deviations, as code does that draws them from a fixed
    /// number: σ_A and σ_V change as the width, σ_w and σ_v as the roots of the widths of what their matrices read.
    /// </summary>
    /// <param name="architecture">The architecture.</param>
    /// <param name="width">d, ≥ 1.</param>
    public static Architecture WithEntriesKept(Architecture architecture, int width)
    {
        Architecture at = At(architecture, width);
        double wider = (double)width / architecture.Width, widerMlp = (double)at.MlpWidth / architecture.MlpWidth;
        AttentionParameters attention = architecture.Attention;
        MlpParameters mlp = architecture.Mlp;
        return at.With(
            attention: attention.With(logitStd: attention.LogitStd * wider, valueStd: attention.ValueStd * wider),
            mlp: mlp.With(inStd: mlp.InStd * Math.Sqrt(wider), outStd: mlp.OutStd * Math.Sqrt(widerMlp)));
    }

    /// <summary>
    /// The record of a configuration at another width: its initializer_range and heads stay, the width of the MLP and of the heads
    /// follows, and what its code does with the embedding is done at the new width.
    /// </summary>
    /// <param name="model">What the configuration states.</param>
    /// <param name="width">d, ≥ 1.</param>
    public static Architecture At(ModelDescription model, int width) =>
        ModelDescriptionModule.ToArchitecture(ModelDescriptionModule.AtWidth(model, width));

    private static int MlpWidth(int mlpWidth, int from, int width) => (int)Math.Max(1, Math.Round((double)mlpWidth * width / from));
}
