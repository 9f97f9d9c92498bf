using Hybrid.Architectures;
using Hybrid.Networks.Training;

namespace Hybrid.Torch.Training;

/// <summary>About how many bytes of a device training takes: an upper estimate, from which parts of batches are planned.</summary>
internal static class TrainingBytes
{
    // Logits, their scaled copy, log-probabilities and gradients, of single and double precision.
    private const int BytesForEachLogit = 24, Graphs = 3;

    /// <summary>Parameters, gradients, the optimiser's numbers, and the activations of so many sequences.</summary>
    internal static Int128 Of(TrainingOptions options, int sequences, TorchPrecision precision) =>
        Held(options) + sequences * Sequence(options.Model, options.Recompute, precision);

    /// <summary>Sequences at once, 1..B, within a number of bytes.</summary>
    /// <exception cref="InsufficientMemoryException">Not even one.</exception>
    internal static int SequencesWithin(TrainingOptions options, long memory, TorchDevice device, TorchPrecision precision)
    {
        Int128 left = memory - Held(options), each = Sequence(options.Model, options.Recompute, precision);
        if (left < each)
        {
            throw new InsufficientMemoryException(
                $"training takes about {Of(options, 1, precision)} bytes on {device} with one sequence at a time "
                + $"and {memory} are allowed; ask for {(options.Recompute ? "" : "recomputation, ")}fewer tokens, "
                + "a smaller width or fewer blocks");
        }

        return (int)Int128.Min(options.Sequences, left / each);
    }

    private static Int128 Held(TrainingOptions options) =>
        sizeof(float) * new ModelLayout(options.Model).Length * (options.Optimiser.Kind == OptimiserKind.AdamW ? 4 : 3);

    /// <summary>
    /// Exponents of one sequence: the graph of a block, that of its adjoint and the images, in double precision, and the tangents.
    /// </summary>
    internal static Int128 Exponents(Architecture architecture, int exponents) =>
        Graphs * (NetworkBytes.Block(architecture, TorchPrecision.Double)
            + (Int128)exponents * sizeof(double) * architecture.Tokens * architecture.Width);

    /// <summary>The activations of one sequence.</summary>
    internal static Int128 Sequence(ModelOptions model, bool recompute, TorchPrecision precision)
    {
        Architecture architecture = model.Architecture;
        Int128 stream = precision.Bytes() * (Int128)architecture.Tokens * architecture.Width;
        Int128 block = NetworkBytes.Block(architecture, precision);
        Int128 blocks = recompute ? block + architecture.Depth * stream : architecture.Depth * block;
        return blocks + 8 * stream + (Int128)BytesForEachLogit * architecture.Tokens * model.Vocabulary;
    }
}
