using System.Collections.Concurrent;
using System.Globalization;
using Hybrid.Architectures;
using Hybrid.Experiments.Cells;
using Hybrid.Experiments.Measurement;
using Hybrid.Lab.Data;
using Hybrid.Lab.Statistics;
using Hybrid.Networks.Training;
using Hybrid.Theory;

namespace Hybrid.Experiments.LossExponents;

/// <summary>One network of the grid and its runs.</summary>
internal sealed class TrainedNetwork
{
    /// <summary>n.</summary>
    public const int Tokens = 16;

    private const int Width = 32, Heads = 2, MlpWidth = 64, Sequences = 16, WarmupSteps = 20;
    private const double LearningRate = 3e-3;

    // By σ_A: every network of the grid has the same tokens and activation.
    private static readonly ConcurrentDictionary<double, Laws> Tabulated = new();

    public TrainedNetwork(
        Placement norm, double branch, double inStd, double logitStd, int depth, LossExponentsSize size, ITokenSource source)
    {
        (Branch, InStd, LogitStd, Depth) = (branch, inStd, logitStd, depth);
        string subject = string.Create(
            CultureInfo.InvariantCulture,
            $"{PlacementName.Of(norm)}, a = {branch}, σ_w = {inStd}, σ_A = {logitStd}, depth {depth}");
        Schedule skip = Math.Sqrt(1 - branch * branch), weight = branch;
        Architecture Under(Mask mask) => ArchitectureModule.Defaults.With(
            name: subject,
            tokens: Tokens,
            depth: depth,
            width: Width,
            heads: Heads,
            mlpWidth: MlpWidth,
            activation: Activation.Erf,
            gated: false,
            norm: norm,
            mask: mask,
            attention: AttentionParameters.Of(skip, weight, logitStd, 1),
            mlp: MlpParameters.Of(skip, weight, inStd, 0, 1),
            input: new InputParameters(1, 0));
        Exponents = Sums(Under(Mask.Causal), LawsModule.exact(Under(Mask.Causal)));
        UnmaskedExponents = new(() => Sums(
            Under(Mask.None), Tabulated.GetOrAdd(logitStd, _ => LawsModule.tabulated(Under(Mask.None), logitStd, logitStd))));
        TrainingOptions options = new(
            new ModelOptions(Under(Mask.Causal), TrainingTask.NextToken, source.Vocabulary),
            new OptimiserOptions(LearningRate: LearningRate, WarmupSteps: WarmupSteps),
            Sequences,
            size.Steps,
            Seed: 0);
        Runs = [.. Enumerable.Range(1, size.Runs).Select(run => new Cell(
            string.Create(CultureInfo.InvariantCulture, $"{subject}, {size.Steps} steps, run {run}"),
            (double)depth * size.Steps,
            attempt => TrainedLoss.Measure(options with { Seed = attempt.Seed }, source, attempt)))];
    }

    /// <summary>a of both sublayers.</summary>
    public double Branch { get; }

    /// <summary>σ_w.</summary>
    public double InStd { get; }

    /// <summary>σ_A.</summary>
    public double LogitStd { get; }

    /// <summary>L.</summary>
    public int Depth { get; }

    /// <summary>Σλ_a and Σλ_g over the layers, of the collapsed line as always under a causal mask: σ_A does not enter.</summary>
    public DepthSums Exponents { get; }

    /// <summary>Those of the same network without a mask, λ_g on its own trajectory, where σ_A does enter.</summary>
    public Lazy<DepthSums> UnmaskedExponents { get; }

    public IReadOnlyList<Cell> Runs { get; }

    /// <summary>Test loss over the runs; a diverged run counts as one that knows nothing.</summary>
    public Estimate Loss(CellResults results, double ignorance) =>
        Estimate.Of([.. Runs.Select(run => Diverged(run, results) ? ignorance : results[run][TrainedLoss.Loss].Mean)]);

    /// <summary>How many of the runs diverged.</summary>
    public int DivergedRuns(CellResults results) => Runs.Count(run => Diverged(run, results));

    private static bool Diverged(Cell run, CellResults results) => !double.IsFinite(results[run][TrainedLoss.Loss].Mean);

    private static DepthSums Sums(Architecture architecture, Laws laws) => DepthExponentsModule.along(architecture, laws).Sums;
}
