using Hybrid.Architectures;
using Hybrid.Experiments.Cells;
using Hybrid.Lab.Data;
using Hybrid.Networks.Training;

namespace Hybrid.Experiments.NormPlacement;

/// <summary>Every network of the experiment with every optimiser.</summary>
internal sealed class PlacementGrid
{
    /// <summary>The least share of what the context is worth that a run must gain to have learnt something.</summary>
    public const double LeastGain = 0.1;

    public static readonly IReadOnlyList<Placement> Placements = [Placement.Pre, Placement.Post, Placement.Peri];

    public PlacementGrid(NormPlacementSize size, MarkovSource source)
    {
        Size = size;
        Unigram = source.References[0].Nats;
        Optimum = source.OptimalLoss(TrainingTask.NextToken, PlacedNetwork.Tokens)!.Value;
        Networks = [..
            from norm in Placements
            from step in size.Steps
            from setting in size.Settings
            select new PlacedNetwork(norm, step, setting, size.Runs, size, source)];
        Decaying = [.. size.Decays.Select(decay =>
            new PlacedNetwork(Placement.Pre, size.Steps[0], size.Settings[0] with { WeightDecay = decay }, size.DecayRuns, size, source))];
    }

    public NormPlacementSize Size { get; }

    /// <summary>The grid, without weight decay.</summary>
    public IReadOnlyList<PlacedNetwork> Networks { get; }

    /// <summary>Pre with the largest Δt and the gentlest optimiser, one for each weight decay.</summary>
    public IReadOnlyList<PlacedNetwork> Decaying { get; }

    /// <summary>The loss of a predictor that knows how frequent tokens are and nothing of their context, nats per token.</summary>
    public double Unigram { get; }

    /// <summary>The least loss that any predictor reaches, nats per token.</summary>
    public double Optimum { get; }

    /// <summary>The loss that a run must beat to have learnt something.</summary>
    public double LearntLoss => Unigram - LeastGain * (Unigram - Optimum);

    /// <summary>Every cell once: the runs without decay that the grid and the decays share are the same measurement.</summary>
    public IReadOnlyList<Cell> Cells => [.. Networks.Concat(Decaying).SelectMany(network => network.Runs).DistinctBy(cell => cell.Key)];

    /// <summary>One network with every optimiser of the grid, in their order.</summary>
    public IReadOnlyList<PlacedNetwork> Of(Placement norm, double step) =>
        [.. Networks.Where(network => network.Norm.Equals(norm) && network.Step == step)];

    /// <summary>The same with the optimisers that have no warm-up.</summary>
    public IReadOnlyList<PlacedNetwork> Abrupt(Placement norm, double step) => [.. Of(norm, step).Where(network => network.Setting.Abrupt)];

    /// <summary>Whether a run came to nothing: it diverged, or has learnt nothing of the context.</summary>
    public bool Fails(PlacementRun run) => run.Diverged || run.Loss > LearntLoss;
}
