using Hybrid.Architectures;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Model;
using Hybrid.Networks.Random;

namespace Hybrid.Networks.Tangents;

/// <summary>The weights of one MLP as far as they are known: a block's own, or that of one of its experts.</summary>
internal sealed class MlpMatrices : IDisposable
{
    private readonly ConditioningWorkspace workspace;
    private readonly NativeBuffer<double> bias;
    private readonly double biasDeviation;
    private readonly long firstBias;

    /// <summary>Plans MLP number <paramref name="mlp"/> of a block.</summary>
    internal MlpMatrices(Architecture architecture, int mlp, ParameterLayout layout, ConditioningWorkspace workspace)
    {
        this.workspace = workspace;
        int n = architecture.Tokens, d = architecture.Width, m = architecture.MlpWidth;
        Inputs = architecture.Gated
            ? new AskedInputs(workspace, layout, (n, d), mlp, MatrixRole.MlpIn, MatrixRole.MlpUp)
            : new AskedInputs(workspace, layout, (n, d), mlp, MatrixRole.MlpIn);
        HiddenUnits = new AskedInputs(workspace, layout, (n, m), mlp, MatrixRole.MlpOut);
        bias = new NativeBuffer<double>(m, "bias");
        Bias = bias.Matrix(0, 1, m);
        biasDeviation = layout[MatrixRole.MlpBias].StandardDeviation;
        firstBias = (long)mlp * m;
    }

    /// <summary>W_1, and W_u when gated.</summary>
    internal AskedInputs Inputs { get; }

    /// <summary>W_2.</summary>
    internal AskedInputs HiddenUnits { get; }

    /// <summary>b: [1, m].</summary>
    internal MatrixView<double> Bias { get; }

    /// <summary>Doubles that the matrices of one MLP take.</summary>
    internal static Int128 Length(Architecture architecture, long vectors)
    {
        long n = architecture.Tokens, d = architecture.Width, m = architecture.MlpWidth, gates = architecture.Gated ? 2 : 1;
        return AskedInputs.Length(vectors, (n, d), gates * m) + AskedInputs.Length(vectors, (n, m), d) + m;
    }

    /// <inheritdoc cref="BlockMatrices.Reset"/>
    internal void Reset(ulong seed, int sample, int layer)
    {
        Inputs.Reset(seed, sample, layer);
        HiddenUnits.Reset(seed, sample, layer);
        workspace.Draw(Bias, RandomStream.MlpBias.OfBlock(seed, sample, layer), firstBias, biasDeviation);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Inputs.Dispose();
        HiddenUnits.Dispose();
        bias.Dispose();
    }
}
