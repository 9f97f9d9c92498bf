using Hybrid.Architectures;
using Hybrid.Networks.Inputs;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Model;
using Hybrid.Networks.Random;
using Hybrid.Networks.Tangents;
using Hybrid.Networks.Tests.Engines.Conditioned;
using Hybrid.Networks.Tests.Training;
using Hybrid.Theory;
using Xunit;

namespace Hybrid.Networks.Tests.Tangents;

public sealed class TangentPassTests
{
    public static TheoryData<Placement, Wiring, Mask, bool> Shapes
    {
        get
        {
            TheoryData<Placement, Wiring, Mask, bool> data = [];
            foreach ((Placement norm, Wiring wiring) in Models.Blocks)
            {
                data.Add(norm, wiring, Mask.None, false);
                data.Add(norm, wiring, Mask.Causal, true);
            }

            return data;
        }
    }

    // G_out·(J v) = (Jᵀ G_out)·v for every tangent: forwards the weights answer tangents, backwards gradients, and only
    // answers of one and the same network agree. The backward pass itself is checked against finite differences.
    [Theory]
    [MemberData(nameof(Shapes))]
    public void Tangents_and_gradients_are_adjoint(Placement norm, Wiring wiring, Mask mask, bool gated)
    {
        const int n = 5, d = 24, depth = 3, tangents = 3;
        Architecture architecture = Networks.Of(
            norm, Activation.Tanh, n, depth, d, heads: 4, mlpWidth: 31, mask, gated,
            logitStd: 3, inStd: 1.4, biasStd: 0.3, skip: 0.9, wiring: wiring);
        using WorkerPool pool = new(1);
        using MatrixProduct<double> product = new(pool);
        using ConditionedNetwork network = new(architecture, n * (1 + tangents), pool, product);
        using TangentPass pass = new(network, tangents);
        using ExactGram tokens = new(GramFactor.Equicorrelated(n, 1, 0.4), d, pool, product, "tokens");
        using Rows start = Rows.Normal(tangents * n, d, 1), gradient = Rows.Normal(n, d, 2);
        tokens.Fill(network.Stream, RandomStream.InputTokens.OfInput(8, 0));
        Copy(start.View, pass.Tangents);
        for (int layer = 1; layer <= depth; layer++)
        {
            network.Forward(8, 0, layer);
            pass.Forward(layer);
        }

        Copy(gradient.View, network.Gradient);
        double[] weights = new double[Enum.GetValues<MatrixRole>().Length];
        for (int layer = depth; layer >= 1; layer--)
            network.Backward(layer, weights);
        for (int tangent = 0; tangent < tangents; tangent++)
        {
            double forwards = 0, backwards = 0;
            for (int i = 0; i < n; i++)
            {
                forwards += Rows.Dot(pass.Tangents, tangent * n + i, gradient.View, i);
                backwards += Rows.Dot(start.View, tangent * n + i, network.Gradient, i);
            }

            Near.Equal($"{norm}, {wiring}, tangent {tangent}", backwards, forwards, 1e-9, 1e-9);
        }
    }

    private static void Copy(MatrixView<double> source, MatrixView<double> destination)
    {
        for (int i = 0; i < source.Rows; i++)
            source.Row(i).CopyTo(destination.Row(i));
    }
}
