using System.Globalization;
using Hybrid.Architectures;
using Hybrid.Networks.Training;

namespace Hybrid.Experiments.Measurement;

/// <summary>
/// A small causal transformer as it is trained in practice, r = a = 1, σ_A = σ_V = σ_v = 1, that learns <see cref="TrainingChain"/>
/// with AdamW after a warm-up of a tenth of the steps.
/// </summary>
/// <param name="Norm">The placement.</param>
/// <param name="Activation">φ; the MLP is twice as wide as the stream.</param>
/// <param name="InStd">σ_w.</param>
/// <param name="Tokens">n of a sequence.</param>
/// <param name="Depth">L.</param>
/// <param name="Width">d.</param>
/// <param name="Heads">H.</param>
/// <param name="Sequences">B of a batch.</param>
/// <param name="Steps">Of the optimiser.</param>
internal sealed record TrainableTransformer(
    Placement Norm, Activation Activation, double InStd, int Tokens, int Depth, int Width, int Heads, int Sequences, int Steps)
{
    private const double LearningRate = 1e-3;

    /// <summary>none, pre, post, peri or output.</summary>
    public string Placement => PlacementName.Of(Norm);

    /// <summary>The blocks.</summary>
    public Architecture Architecture
    {
        get
        {
            Schedule one = Schedule.NewConstant(1);
            return ArchitectureModule.Defaults.With(
                name: Placement,
                tokens: Tokens,
                depth: Depth,
                width: Width,
                heads: Heads,
                mlpWidth: 2 * Width,
                activation: Activation,
                gated: false,
                norm: Norm,
                mask: Mask.Causal,
                attention: AttentionParameters.Of(one, one, 1, 1),
                mlp: MlpParameters.Of(one, one, InStd, 0, 1),
                input: new InputParameters(1, 0));
        }
    }

    /// <summary>Everything that a cell of training runs depends on, in a few words and a hash of the blocks.</summary>
    public string Key => string.Create(
        CultureInfo.InvariantCulture,
        $"{Placement}, width {Width}, depth {Depth}, {Tokens} tokens, "
        + $"batches of {Sequences}, {Steps} steps, {RecordHash.Of(Architecture)}");

    /// <summary>Arithmetic of a run, relative to that of others.</summary>
    public double Cost => (double)Steps * Sequences * Tokens * Depth * Width * Width;

    /// <summary>A run from a seed.</summary>
    public TrainingOptions Options(ulong seed) => new(
        new ModelOptions(Architecture, TrainingTask.NextToken, TrainingChain.Source.Vocabulary),
        new OptimiserOptions(LearningRate: LearningRate, WarmupSteps: Steps / 10),
        Sequences,
        Steps,
        seed);
}
