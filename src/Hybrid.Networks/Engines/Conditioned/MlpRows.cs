namespace Hybrid.Networks.Engines.Conditioned;

/// <summary>What one of a block's MLPs sees.</summary>
/// <param name="Mlp">Its number: 0 where the block has one, otherwise the expert's, and behind them the shared one's.</param>
/// <param name="First">First row.</param>
/// <param name="Count">Rows, ≥ 1.</param>
internal readonly record struct MlpRows(int Mlp, int First, int Count);
