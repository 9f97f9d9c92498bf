using Hybrid.Architectures;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Model;

namespace Hybrid.Networks.Tangents;

/// <summary>The weights of one block as far as they are known. Query, key and value share their inputs; so do gate and up.</summary>
internal sealed class BlockMatrices : IDisposable
{
    /// <summary>Plans block <paramref name="layer"/>, 1..depth.</summary>
    internal BlockMatrices(Architecture architecture, int layer, ParameterLayout layout, ConditioningWorkspace workspace)
    {
        (int n, int d) = (architecture.Tokens, architecture.Width);
        AttentionInputs = new AskedInputs(workspace, layout, (n, d), 0, MatrixRole.Query, MatrixRole.Key, MatrixRole.Value);
        Contexts = new AskedInputs(workspace, layout, (n, layout[MatrixRole.AttentionOut].Rows), 0, MatrixRole.AttentionOut);
        Mlps = new MlpMatrices[MlpsOf(architecture, layer)];
        for (int mlp = 0; mlp < Mlps.Length; mlp++)
            Mlps[mlp] = new MlpMatrices(architecture, mlp, layout, workspace);
        if (HasRouter(architecture, layer))
            Router = new AskedInputs(workspace, layout, (n, d), 0, MatrixRole.Router);
    }

    /// <summary>W_Q, W_K, W_V, matrices 0, 1, 2.</summary>
    internal AskedInputs AttentionInputs { get; }

    /// <summary>W_O.</summary>
    internal AskedInputs Contexts { get; }

    /// <summary>The block's MLP, or its experts and last the one that all tokens share.</summary>
    internal MlpMatrices[] Mlps { get; }

    /// <summary>W_r, where the block has experts.</summary>
    internal AskedInputs? Router { get; }

    /// <summary>Doubles that the matrices of all blocks take, asked about at most <paramref name="vectors"/> vectors each.</summary>
    internal static Int128 Length(Architecture architecture, ParameterLayout layout, long vectors)
    {
        long n = architecture.Tokens, d = architecture.Width;
        long queries = layout[MatrixRole.Query].Columns, keys = layout[MatrixRole.Key].Columns, count = layout[MatrixRole.Router].Columns;
        Int128 attention = AskedInputs.Length(vectors, (n, d), queries + 2 * keys) + AskedInputs.Length(vectors, (n, queries), d);
        Int128 mlp = MlpMatrices.Length(architecture, vectors), length = 0;
        for (int layer = 1; layer <= architecture.Depth; layer++)
        {
            length += attention + MlpsOf(architecture, layer) * mlp;
            length += HasRouter(architecture, layer) ? AskedInputs.Length(vectors, (n, d), count) : 0;
        }

        return length;
    }

    /// <summary>Forgets the weights: the next answers are those of block <paramref name="layer"/> of network (seed, sample).</summary>
    internal void Reset(ulong seed, int sample, int layer)
    {
        AttentionInputs.Reset(seed, sample, layer);
        Contexts.Reset(seed, sample, layer);
        Router?.Reset(seed, sample, layer);
        foreach (MlpMatrices mlp in Mlps)
            mlp.Reset(seed, sample, layer);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        AttentionInputs.Dispose();
        Contexts.Dispose();
        Router?.Dispose();
        foreach (MlpMatrices mlp in Mlps)
            mlp.Dispose();
    }

    private static bool HasRouter(Architecture architecture, int layer) => ExpertsOf(architecture, layer) is not null;

    private static int MlpsOf(Architecture architecture, int layer) => ExpertsOf(architecture, layer)?.Mlps ?? 1;

    private static Experts? ExpertsOf(Architecture architecture, int layer) =>
        architecture.Mlp.Experts?.Value is { } experts && layer > experts.Dense ? experts : null;
}
