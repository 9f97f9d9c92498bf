using Hybrid.Architectures;
using Hybrid.Lab.Engines;
using Hybrid.Networks.Engines;
using Hybrid.Theory;

namespace Hybrid.Lab.Tests.Fakes;

/// <summary>
/// Hands over the theory's own numbers with a known finite-width term and known noise: every observable is multiplied by
/// 1 + wrong + bias·ℓ/d + noise·g/√d, with g standard normal and keyed by (seed, sample, width, layer, observable).
/// </summary>
internal sealed class FakeEngine(Architecture architecture, double bias, double noise, double wrong) : INetworkEngine
{
    private readonly Prediction _prediction = Predict.Architecture(architecture);

    public string Name => "fake";

    public Architecture Architecture => architecture;

    public static EngineEntry Entry(double bias = 3, double noise = 0.2, double wrong = 0) => new(
        "fake",
        "the theory's numbers with known bias and noise",
        (architecture, _) => new FakeEngine(architecture, bias, noise, wrong),
        _ => 1);

    public void Run(ulong seed, int sample, NetworkSample result)
    {
        for (int layer = 0; layer <= architecture.Depth; layer++)
        {
            LayerPrediction truth = _prediction.Layers[layer];
            Random random = new(HashCode(seed, sample, architecture.Width, layer));
            // What is given is given exactly: the input forwards, the loss gradient backwards.
            double forward = layer == 0 ? 0 : 1, backward = layer == architecture.Depth ? 0 : 1;
            double q = truth.Q * Factor(random, layer, forward);
            double u = truth.U * Factor(random, layer, forward);
            double diagonal = truth.GradientDiagonal * Factor(random, layer, backward);
            double offDiagonal = truth.GradientOffDiagonal * Factor(random, layer, backward);
            Fill(result.Hidden[layer], q, q * (1 - u));
            Fill(result.Gradient[layer], diagonal, offDiagonal);
        }
    }

    public void Dispose()
    {
    }

    private double Factor(Random random, int layer, double on) =>
        1 + on * (wrong + bias * layer / architecture.Width + noise * Normal(random) / Math.Sqrt(architecture.Width));

    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    private static int HashCode(ulong seed, int sample, int width, int layer)
    {
        // A fixed mixing: System.HashCode differs from process to process.
        ulong hash = 14695981039346656037;
        foreach (ulong part in (ReadOnlySpan<ulong>)[seed, (ulong)sample, (ulong)width, (ulong)layer])
            hash = (hash ^ part) * 1099511628211 ^ (hash >> 29);
        return (int)(hash >> 33);
    }

    private void Fill(double[] gram, double diagonal, double offDiagonal)
    {
        int tokens = architecture.Tokens;
        for (int i = 0; i < tokens; i++)
        {
            for (int j = 0; j < tokens; j++)
                gram[i * tokens + j] = i == j ? diagonal : offDiagonal;
        }
    }
}
