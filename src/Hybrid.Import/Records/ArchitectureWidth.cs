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
    public static Architecture At(Architecture architecture, int width)
    {
        int mlpWidth = (int)Math.Max(1, Math.Round((double)architecture.MlpWidth * width / architecture.Width));
        return architecture.With(width: width, mlpWidth: mlpWidth);
    }
}
