using Hybrid.Architectures;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Model;
using Hybrid.Networks.Random;

namespace Hybrid.Networks.Tangents;

/// <summary>The weights of a block's MLP as far as they are known.</summary>
internal sealed class MlpMatrices : IDisposable
{
    private readonly ConditioningWorkspace workspace;
    private readonly NativeBuffer<double> bias;
    private readonly double biasDeviation;

    /// <summary>Plans the MLP of one block.</summary>
    internal MlpMatrices(Architecture architecture, ParameterLayout layout, ConditioningWorkspace workspace)
    {
        this.workspace = workspace;
        int n = architecture.Tokens, d = architecture.Width, m = architecture.MlpWidth;
        Inputs = architecture.Gated
            ? new AskedInputs(workspace, layout, (n, d), MatrixRole.MlpIn, MatrixRole.MlpUp)
            : new AskedInputs(workspace, layout, (n, d), MatrixRole.MlpIn);
        HiddenUnits = new AskedInputs(workspace, layout, (n, m), MatrixRole.MlpOut);
        bias = new NativeBuffer<double>(m, "bias");
        Bias = bias.Matrix(0, 1, m);
        biasDeviation = layout[MatrixRole.MlpBias].StandardDeviation;
    }

    /// <summary>W_1, and W_u when gated.</summary>
    internal AskedInputs Inputs { get; }

    /// <summary>W_2.</summary>
    internal AskedInputs HiddenUnits { get; }

    /// <summary>b: [1, m].</summary>
    internal MatrixView<double> Bias { get; }

    /// <inheritdoc cref="BlockMatrices.Reset"/>
    internal void Reset(ulong seed, int sample, int layer)
    {
        Inputs.Reset(seed, sample, layer);
        HiddenUnits.Reset(seed, sample, layer);
        workspace.Draw(Bias, RandomStream.MlpBias.OfBlock(seed, sample, layer), 0, biasDeviation);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Inputs.Dispose();
        HiddenUnits.Dispose();
        bias.Dispose();
    }
}
