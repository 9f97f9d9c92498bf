using Hybrid.Architectures;
using Hybrid.Lab.Differences;
using Hybrid.Lab.Engines;
using Hybrid.Networks.Engines;
using Hybrid.Networks.Engines.Dense;
using Hybrid.Networks.Inputs;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Model;
using Hybrid.Networks.Random;

namespace Hybrid.Lab.Tests.Fakes;

/// <summary>The dense engine's network with one weight of one matrix changed, for both passes or for the backward one alone.</summary>
internal sealed class ChangedWeightEngine(
    Architecture architecture, int block, MatrixRole role, float change, bool backward) : INetworkEngine
{
    private readonly WorkerPool _pool = new(1);

    public string Name => "changed";

    public Architecture Architecture => architecture;

    public static DifferenceEngine Entry(int block, MatrixRole role, float change, bool backward = false) => new(
        new EngineEntry(
            "changed",
            "one weight differs",
            (architecture, _) => new ChangedWeightEngine(architecture, block, role, change, backward),
            _ => 1),
        DifferencePlan.SingleRounding);

    public void Run(ulong seed, int sample, NetworkSample result)
    {
        int n = architecture.Tokens, d = architecture.Width, depth = architecture.Depth;
        using MatrixProduct<float> product = new(_pool);
        using MatrixProduct<double> wide = new(_pool);
        using DenseNetwork<float> network = new(architecture, _pool, product);
        using ExactGram input = new(
            GramFactor.Equicorrelated(n, architecture.Input.Norm, architecture.Input.Correlation), d, _pool, wide, "tokens");
        using ExactGram output = new(GramFactor.Identity(n), d, _pool, wide, "gradients");
        input.Fill(network.Stream, new RandomKey(seed, sample, 0, 0));
        Measure(network.Stream, result.Hidden[0]);
        for (int layer = 1; layer <= depth; layer++)
        {
            network.Draw(seed, sample, layer);
            if (layer == block && !backward)
                network.Matrix(layer, role).Row(1)[2] += change;
            network.Forward(layer);
            Measure(network.Stream, result.Hidden[layer]);
        }

        output.Fill(network.Gradient, new RandomKey(seed, sample, 0, 1));
        Measure(network.Gradient, result.Gradient[depth]);
        for (int layer = depth; layer >= 1; layer--)
        {
            if (layer == block && backward)
                network.Matrix(layer, role).Row(1)[2] += change;
            network.Backward(layer);
            Measure(network.Gradient, result.Gradient[layer - 1]);
        }
    }

    public void Dispose() => _pool.Dispose();

    private static void Measure(MatrixView<float> rows, double[] gram)
    {
        for (int i = 0; i < rows.Rows; i++)
        {
            for (int j = 0; j < rows.Rows; j++)
            {
                Span<float> left = rows.Row(i), right = rows.Row(j);
                double sum = 0;
                for (int k = 0; k < rows.Columns; k++)
                    sum += (double)left[k] * right[k];
                gram[i * rows.Rows + j] = sum / rows.Columns;
            }
        }
    }
}
