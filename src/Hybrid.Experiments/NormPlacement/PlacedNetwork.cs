using System.Globalization;
using Hybrid.Architectures;
using Hybrid.Experiments.Cells;
using Hybrid.Experiments.Measurement;
using Hybrid.Lab.Data;
using Hybrid.Lab.Statistics;
using Hybrid.Networks.Training;

namespace Hybrid.Experiments.NormPlacement;

/// <summary>One placement with one step Δt and one optimiser, and its runs.</summary>
internal sealed class PlacedNetwork
{
    /// <summary>n.</summary>
    public const int Tokens = 32;

    private const int Heads = 2, Sequences = 8;

    public PlacedNetwork(Placement norm, double step, OptimiserSetting setting, int runs, NormPlacementSize size, ITokenSource source)
    {
        (Norm, Step, Setting) = (norm, step, setting);
        Network = NameOf(norm, step);
        Schedule skip = 1, branch = step;
        Architecture = ArchitectureModule.Defaults.With(
            name: Network,
            tokens: Tokens,
            depth: size.Depth,
            width: size.Width,
            heads: Heads,
            mlpWidth: 2 * size.Width,
            activation: Activation.GeluTanh,
            gated: false,
            norm: norm,
            mask: Mask.Causal,
            attention: AttentionParameters.Of(skip, branch, 1, 1),
            mlp: MlpParameters.Of(skip, branch, 1, 0, 1),
            input: new InputParameters(1, 0));
        TrainingOptions options = new(
            new ModelOptions(Architecture, TrainingTask.NextToken, source.Vocabulary),
            setting.Options, Sequences, size.TrainingSteps, Seed: 0);
        Runs = [.. Enumerable.Range(1, runs).Select(run => new Cell(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{Network}, {setting.Name}, depth {size.Depth}, width {size.Width}, "
                + $"{size.TrainingSteps} steps, seen every {size.Every}, run {run}"),
            (double)size.Depth * size.Width * size.TrainingSteps,
            attempt => PlacementRun.Measure(options with { Seed = attempt.Seed }, source, size.Every, attempt)))];
    }

    public Placement Norm { get; }

    public Architecture Architecture { get; }

    /// <summary>Δt.</summary>
    public double Step { get; }

    public OptimiserSetting Setting { get; }

    /// <summary>Placement and Δt, whatever the optimiser.</summary>
    public string Network { get; }

    public IReadOnlyList<Cell> Runs { get; }

    /// <summary>Pre, post or peri.</summary>
    public static string NameOf(Placement norm) => PlacementName.Of(norm);

    /// <summary>Placement and Δt.</summary>
    public static string NameOf(Placement norm, double step) => string.Create(CultureInfo.InvariantCulture, $"{NameOf(norm)}, Δt = {step}");

    /// <summary>The runs as they ended.</summary>
    public IEnumerable<PlacementRun> Ended(CellResults results) => Runs.Select(run => new PlacementRun(results[run]));

    /// <summary>The runs that did not diverge.</summary>
    public IEnumerable<PlacementRun> Trained(CellResults results) => Ended(results).Where(run => !run.Diverged);

    /// <summary>Test loss of the runs that did not diverge, nats per token.</summary>
    public Estimate Loss(CellResults results) => Estimate.Of([.. Trained(results).Select(run => run.Loss)]);
}
