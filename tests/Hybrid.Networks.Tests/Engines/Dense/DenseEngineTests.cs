using Hybrid.Architectures;
using Hybrid.Networks.Engines;
using Hybrid.Networks.Engines.Dense;
using Hybrid.Networks.Inputs;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Random;
using Xunit;

namespace Hybrid.Networks.Tests.Engines.Dense;

public sealed class DenseEngineTests : EngineTests
{
    protected override double Rounding => Math.ScaleB(1, -24);

    protected override INetworkEngine Create(Architecture architecture, int threads = 2) => new DenseEngine(architecture, threads);

    [Fact]
    public void A_network_beyond_the_memory_is_refused_with_the_bytes_it_needs()
    {
        Architecture huge = Networks.Of(Placement.Pre, Activation.Tanh, tokens: 8, depth: 1000, width: 1 << 20);
        InsufficientMemoryException thrown = Assert.Throws<InsufficientMemoryException>(() => Create(huge));

        // Six d × d matrices and a bias of d per block, four bytes each.
        Int128 bytes = (6 * ((Int128)1 << 40) + (1 << 20)) * 4 * 1000;
        Assert.Contains($"needs {bytes} bytes", thrown.Message);
    }

    [Theory]
    [InlineData(1, 1.0)]
    [InlineData(4, 3.0)]
    public unsafe void Logits_of_normalised_orthogonal_tokens_have_variance_sigma_A_squared(int heads, double logitStd)
    {
        const int Tokens = 64, Width = 256;
        Architecture architecture = Networks.Of(
            Placement.Pre, Activation.Tanh, tokens: Tokens, depth: 1, width: Width, heads: heads, logitStd: logitStd);
        using WorkerPool pool = new(1);
        using MatrixProduct<double> product = new(pool);
        using DenseNetwork<double> network = new(architecture, pool, product);
        using ExactGram tokens = new(GramFactor.Identity(Tokens), Width, pool, product, "tokens");
        tokens.Fill(network.Stream, new RandomKey(1, 0, 0, 0));
        network.Draw(1, 0, 1);
        network.Forward(1);

        // log A_ij − mean over j of log A_ij is the logit less its row's mean: variance σ_A² (1 − 1/n), whatever the mean.
        double sum = 0, squares = 0;
        ReadOnlySpan<double> probabilities = network.Probabilities(1);
        int rows = heads * Tokens;
        for (int row = 0; row < rows; row++)
        {
            double mean = 0, variance = 0;
            for (int j = 0; j < Tokens; j++)
                mean += Math.Log(probabilities[row * Tokens + j]) / Tokens;
            for (int j = 0; j < Tokens; j++)
                variance += Math.Pow(Math.Log(probabilities[row * Tokens + j]) - mean, 2) / (Tokens - 1);
            sum += variance;
            squares += variance * variance;
        }

        // Rows share W_K: entries k_j of a head are fixed, which correlates rows by d_k⁻¹ and adds 2/√(n d_k) relative.
        double average = sum / rows;
        double error = Math.Sqrt((squares / rows - average * average) / rows);
        double shared = 2 * logitStd * logitStd / Math.Sqrt((double)Tokens * Width);
        Near.Equal("logit variance", logitStd * logitStd, average, 4 * (error + shared));
    }
}
