using Hybrid.Lab.Data;

namespace Hybrid.Experiments.Measurement;

/// <summary>
/// The Markov chain that networks of all experiments learn: order 2 over 8 tokens, of known entropy; its 64 contexts of two
/// tokens ask for both attention and memory.
/// </summary>
internal static class TrainingChain
{
    public static MarkovSource Source { get; } = new(new MarkovOptions(8, 2, 1, 2403));
}
