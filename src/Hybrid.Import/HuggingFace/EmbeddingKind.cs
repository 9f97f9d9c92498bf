namespace Hybrid.Import.HuggingFace;

/// <summary>What a family's code adds up before the first block.</summary>
internal enum EmbeddingKind
{
    /// <summary>Token vectors.</summary>
    Tokens,

    /// <summary>Token and learned position vectors.</summary>
    TokensAndPositions,

    /// <summary>Normalised token vectors.</summary>
    NormalisedTokens,

    /// <summary>Normalised sum of token, learned position and segment vectors.</summary>
    NormalisedSum,

    /// <summary>A linear map of each image patch, with learned position vectors and a class token.</summary>
    Patches,
}
