using Hybrid.Architectures;
using Hybrid.Benchmarks.Reference;
using Hybrid.Networks.Training;

namespace Hybrid.Gpu;

/// <summary>Networks that are measured: large ones, and small ones for a processor.</summary>
internal static class Sizes
{
    public const int Vocabulary = 256;

    /// <summary>Causal pre-norm transformers with heads of 64 and an MLP of 4 d, and the sequences of a batch.</summary>
    public static IReadOnlyList<(Architecture Architecture, int Sequences)> Trained(string size) => size == "small"
        ? [(Of(128, 2, 32), 4)]
        : [(Of(256, 12, 256), 64), (Of(1024, 12, 1024), 16), (Of(2048, 12, 1024), 8)];

    /// <summary>Random networks whose memory is planned.</summary>
    public static IReadOnlyList<Architecture> Random(string size) => size == "small"
        ? [Of(128, 4, 32)]
        : [Of(256, 12, 32), Of(1024, 12, 64), Of(4096, 12, 64)];

    /// <summary>Its options, with the optimiser's defaults.</summary>
    public static TrainingOptions Options(Architecture architecture, int sequences) =>
        new(new ModelOptions(architecture, TrainingTask.NextToken, Vocabulary), new OptimiserOptions(), sequences, 1000, 1);

    /// <summary>Random tokens and targets.</summary>
    public static TokenBatch Batch(Architecture architecture, int sequences) =>
        RandomTokens.Of(Vocabulary, sequences, architecture.Tokens);

    public static Architecture Of(int width, int depth, int tokens)
    {
        Schedule one = Schedule.NewConstant(1);
        return ArchitectureModule.Defaults.With(
            name: "measured",
            tokens: tokens,
            depth: depth,
            width: width,
            heads: width / 64,
            mlpWidth: 4 * width,
            activation: Activation.GeluTanh,
            gated: false,
            norm: Placement.Pre,
            mask: Mask.Causal,
            attention: AttentionParameters.Of(one, one, 1, 1),
            mlp: MlpParameters.Of(one, one, 1, 0, 1),
            input: new InputParameters(1, 0.5));
    }
}
