using Hybrid.Architectures;

namespace Hybrid.Networks.Blocks;

/// <summary>The tokens that a token sees, from one to before another: the mask of a layer, in numbers.</summary>
/// <param name="Window">How many up to itself; 0 where nothing behind it is hidden.</param>
/// <param name="Prefix">How many from the first on, whatever is behind itself.</param>
internal readonly record struct AttentionSpan(int Window, int Prefix)
{
    /// <summary>Of one mask among <paramref name="tokens"/> tokens.</summary>
    internal static AttentionSpan Of(Mask mask, int tokens) => mask.Within(tokens) switch
    {
        Mask.Window window => new(window.tokens, 0),
        Mask.Prefix prefix => new(tokens, prefix.tokens),
        { IsCausal: true } => new(tokens, 0),
        _ => new(0, tokens),
    };

    /// <summary>Tokens [From, To) for <paramref name="token"/>, 0..tokens − 1.</summary>
    internal (int From, int To) Of(int token, int tokens) =>
        Window == 0 ? (0, tokens) : (Math.Max(0, token + 1 - Window), Math.Max(token + 1, Prefix));

    /// <summary>Whether a token sees itself and every one before it, and no other.</summary>
    internal bool IsCausal(int tokens) => Window >= tokens && Prefix <= 1;
}
