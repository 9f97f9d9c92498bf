namespace Hybrid.Networks.Training;

/// <summary>The rule by which parameters follow their gradients.</summary>
public enum OptimiserKind
{
    /// <summary>Adam with decoupled weight decay (Loshchilov and Hutter 2019).</summary>
    AdamW,

    /// <summary>Stochastic gradient descent with heavy-ball momentum, v ← μ v + g, θ ← θ − η v.</summary>
    Sgd,
}

/// <summary>How the learning rate goes on after its warm-up.</summary>
public enum ScheduleKind
{
    /// <summary>It stays.</summary>
    Constant,

    /// <summary>It falls along half a cosine to <see cref="OptimiserOptions.FinalFraction"/> of its peak at the last step.</summary>
    Cosine,
}

/// <summary>Optimiser, learning-rate schedule and clipping. All numbers dimensionless and finite.</summary>
/// <param name="Kind">AdamW or SGD.</param>
/// <param name="LearningRate">η at its peak, > 0.</param>
/// <param name="Beta1">AdamW's memory of the mean gradient, in [0, 1).</param>
/// <param name="Beta2">AdamW's memory of the squared gradient, in [0, 1).</param>
/// <param name="Epsilon">AdamW's ε, outside the root, > 0.</param>
/// <param name="Momentum">SGD's μ, in [0, 1).</param>
/// <param name="WeightDecay">≥ 0; of matrices only: embeddings, gains and biases do not decay.
/// Decoupled (θ ← θ − η w θ) for both kinds.</param>
/// <param name="Schedule">What follows the warm-up.</param>
/// <param name="WarmupSteps">Steps over which η grows linearly to its peak, ≥ 0: step t = 1, 2, … of them takes η t/WarmupSteps.</param>
/// <param name="FinalFraction">Where a cosine ends, as a fraction of the peak, in [0, 1].</param>
/// <param name="ClipNorm">Largest norm of the whole gradient; a longer one is scaled down to it. +∞: none.</param>
public sealed record OptimiserOptions(
    OptimiserKind Kind = OptimiserKind.AdamW,
    double LearningRate = 1e-3,
    double Beta1 = 0.9,
    double Beta2 = 0.99,
    double Epsilon = 1e-8,
    double Momentum = 0.9,
    double WeightDecay = 0.01,
    ScheduleKind Schedule = ScheduleKind.Cosine,
    int WarmupSteps = 0,
    double FinalFraction = 0.1,
    double ClipNorm = 1);
