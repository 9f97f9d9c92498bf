using Hybrid.Architectures;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Model;

namespace Hybrid.Networks.Tangents;

/// <summary>The weights of one block as far as they are known. Query, key and value share their inputs; so do gate and up.</summary>
internal sealed class BlockMatrices : IDisposable
{
    /// <summary>Plans one block.</summary>
    internal BlockMatrices(Architecture architecture, ParameterLayout layout, ConditioningWorkspace workspace)
    {
        (int n, int d) = (architecture.Tokens, architecture.Width);
        AttentionInputs = new AskedInputs(workspace, layout, (n, d), MatrixRole.Query, MatrixRole.Key, MatrixRole.Value);
        Contexts = new AskedInputs(workspace, layout, (n, layout[MatrixRole.AttentionOut].Rows), MatrixRole.AttentionOut);
        Mlp = new MlpMatrices(architecture, layout, workspace);
    }

    /// <summary>W_Q, W_K, W_V, matrices 0, 1, 2.</summary>
    internal AskedInputs AttentionInputs { get; }

    /// <summary>W_O.</summary>
    internal AskedInputs Contexts { get; }

    /// <summary>W_1, b, W_2, and W_u when gated.</summary>
    internal MlpMatrices Mlp { get; }

    /// <summary>Forgets the weights: the next answers are those of block <paramref name="layer"/> of network (seed, sample).</summary>
    internal void Reset(ulong seed, int sample, int layer)
    {
        AttentionInputs.Reset(seed, sample, layer);
        Contexts.Reset(seed, sample, layer);
        Mlp.Reset(seed, sample, layer);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        AttentionInputs.Dispose();
        Contexts.Dispose();
        Mlp.Dispose();
    }
}
