namespace Hybrid.Import.HuggingFace;

/// <summary>What the class of a family's configurations has where a nested one gives nothing.</summary>
/// <param name="Width">d.</param>
/// <param name="Depth">L.</param>
/// <param name="Heads">H.</param>
/// <param name="MlpWidth">d_mlp.</param>
internal sealed record ClassSizes(int Width, int Depth, int Heads, int MlpWidth);
