using Hybrid.Architectures;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Model;
using Hybrid.Networks.Random;

namespace Hybrid.Networks.Tangents;

/// <summary>The weights of one block as far as they are known. Query, key and value share their inputs; so do gate and up.</summary>
internal sealed class BlockMatrices : IDisposable
{
    private readonly ConditioningWorkspace workspace;
    private readonly NativeBuffer<double> bias;
    private readonly double biasDeviation;

    internal BlockMatrices(Architecture architecture, ParameterLayout layout, ConditioningWorkspace workspace)
    {
        this.workspace = workspace;
        int n = architecture.Tokens, m = architecture.MlpWidth;
        AttentionInputs = new AskedInputs(workspace, layout, n, MatrixRole.Query, MatrixRole.Key, MatrixRole.Value);
        Contexts = new AskedInputs(workspace, layout, n, MatrixRole.AttentionOut);
        MlpInputs = architecture.Gated
            ? new AskedInputs(workspace, layout, n, MatrixRole.MlpIn, MatrixRole.MlpUp)
            : new AskedInputs(workspace, layout, n, MatrixRole.MlpIn);
        HiddenUnits = new AskedInputs(workspace, layout, n, MatrixRole.MlpOut);
        bias = new NativeBuffer<double>(m, "bias");
        Bias = bias.Matrix(0, 1, m);
        biasDeviation = layout[MatrixRole.MlpBias].StandardDeviation;
    }

    /// <summary>W_Q, W_K, W_V, matrices 0, 1, 2.</summary>
    internal AskedInputs AttentionInputs { get; }

    /// <summary>W_O.</summary>
    internal AskedInputs Contexts { get; }

    /// <summary>W_1, and W_u when gated.</summary>
    internal AskedInputs MlpInputs { get; }

    /// <summary>W_2.</summary>
    internal AskedInputs HiddenUnits { get; }

    /// <summary>b: [1, m].</summary>
    internal MatrixView<double> Bias { get; }

    /// <summary>Forgets the weights: the next answers are those of block <paramref name="layer"/> of network (seed, sample).</summary>
    internal void Reset(ulong seed, int sample, int layer)
    {
        AttentionInputs.Reset(seed, sample, layer);
        Contexts.Reset(seed, sample, layer);
        MlpInputs.Reset(seed, sample, layer);
        HiddenUnits.Reset(seed, sample, layer);
        workspace.Draw(Bias, RandomStream.MlpBias.OfBlock(seed, sample, layer), 0, biasDeviation);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        AttentionInputs.Dispose();
        Contexts.Dispose();
        MlpInputs.Dispose();
        HiddenUnits.Dispose();
        bias.Dispose();
    }
}
