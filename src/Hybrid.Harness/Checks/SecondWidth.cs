using Hybrid.Theory;

namespace Hybrid.Harness.Checks;

/// <summary>
/// The second width at which an architecture is simulated so that its finite-width term can be estimated: half of its
/// own, or double where half would not hold its tokens. Width and MLP width change by the same factor; heads, tokens and
/// everything else stay, so every prediction stays too.
/// </summary>
public static class SecondWidth
{
    /// <summary>The same architecture at the second width, a multiple of the heads.</summary>
    public static Architecture Of(Architecture architecture)
    {
        int heads = architecture.Heads;
        int half = architecture.Width / 2 / heads * heads;
        // n tokens of any correlation need n coordinates, and head width 1 is no attention of the kind the theory treats.
        bool fits = half >= architecture.Tokens && half >= 2 * heads;
        int width = fits ? half : 2 * architecture.Width;
        int mlpWidth = (int)Math.Max(1, Math.Round((double)architecture.MlpWidth * width / architecture.Width));
        return new Architecture(
            architecture.Name,
            architecture.Tokens,
            architecture.Depth,
            width,
            heads,
            mlpWidth,
            architecture.Activation,
            architecture.Gated,
            architecture.Norm,
            architecture.Mask,
            architecture.Attention,
            architecture.Mlp,
            architecture.Input);
    }
}
