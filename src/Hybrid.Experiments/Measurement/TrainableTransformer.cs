using System.Globalization;
using Hybrid.Architectures;
using Hybrid.Networks.Training;

namespace Hybrid.Experiments.Measurement;

/// <summary>
/// A small causal transformer as it is trained in practice, r = a = 1, σ_A = 1, that learns <see cref="TrainingChain"/> with AdamW after a
/// warm-up.
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

    /// <summary>σ_V and σ_v: both projections of the value path and of the MLP's output share the factor.</summary>
    public double Projection { get; init; } = 1;

    /// <summary>Over which η grows; a tenth of the steps if not given.</summary>
    public int? WarmupSteps { get; init; }

    /// <summary>1/√(2L), by which GPT-2's residual projections are smaller than its other weights.</summary>
    public static double ResidualProjection(int depth) => 1 / Math.Sqrt(2.0 * depth);

    /// <summary>none, pre, post, peri or output.</summary>
    public string Placement => PlacementName.Of(Norm);

    /// <summary>The blocks.</summary>
    public Architecture Architecture
    {
        get
        {
            Schedule one = 1;
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
                attention: AttentionParameters.Of(one, one, 1, Projection),
                mlp: MlpParameters.Of(one, one, InStd, 0, Projection),
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
        new OptimiserOptions(LearningRate: LearningRate, WarmupSteps: WarmupSteps ?? Steps / 10),
        Sequences,
        Steps,
        seed);
}
