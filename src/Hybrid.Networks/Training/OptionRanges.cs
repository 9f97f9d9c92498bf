using Hybrid.Architectures;
using Hybrid.Networks.Blocks;
using Hybrid.Networks.Model;

namespace Hybrid.Networks.Training;

/// <summary>The legal ranges of training options, checked before anything is planned.</summary>
internal static class OptionRanges
{
    private const int LargestVocabulary = 256;

    /// <summary>Returns legal options.</summary>
    /// <exception cref="ArgumentException">What must hold and what was received.</exception>
    internal static TrainingOptions EnsureValid(TrainingOptions options)
    {
        Check(options.Model);
        Check(options.Optimiser);
        Require(options.Sequences >= 1, "sequences", "at least 1", options.Sequences);
        Require(options.Steps >= 1, "steps", "at least 1", options.Steps);
        long rows = (long)options.Sequences * options.Model.Architecture.Tokens * options.Model.Architecture.Heads;
        Require(rows <= int.MaxValue, "sequences · tokens · heads", $"at most {int.MaxValue}", rows);
        return options;
    }

    private static void Check(ModelOptions model)
    {
        Architecture architecture = Features.EnsureSupported(
            "training", DenseBlocks.Features, ArchitectureModule.EnsureValid(model.Architecture));
        ParameterLayout.EnsureSingle("training", architecture, Enum.GetValues<MatrixRole>());
        bool causal = model.Task == TrainingTask.NextToken;
        if (architecture.Mask.LooksAhead == causal)
        {
            throw new ArgumentException(causal
                ? "next-token training must have a causal mask, got none: the next token could be read off"
                : "masked-token training must have no mask, got causal");
        }

        double correlation = architecture.Input.Correlation;
        if (!(correlation >= 0))
        {
            throw new ArgumentException(
                $"input.correlation must be ≥ 0 in training, got {correlation}: embedded tokens share a vector common to all "
                + "positions, whose squared length is input.correlation · input.norm");
        }

        Require(!model.Tied || correlation < 1, "input.correlation", "below 1 with tied embeddings, which are 0 there", correlation);
        Require(
            model.Vocabulary is >= 2 and <= LargestVocabulary, "vocabulary", $"from 2 to {LargestVocabulary}", model.Vocabulary);
        Require(model.LogitStd > 0 && double.IsFinite(model.LogitStd), "logitStd", "finite and > 0", model.LogitStd);
    }

    private static void Check(OptimiserOptions optimiser)
    {
        Require(Enum.IsDefined(optimiser.Kind), "kind", "AdamW or Sgd", optimiser.Kind);
        Require(Enum.IsDefined(optimiser.Schedule), "schedule", "Constant or Cosine", optimiser.Schedule);
        Require(
            optimiser.LearningRate > 0 && double.IsFinite(optimiser.LearningRate),
            "learningRate", "finite and > 0", optimiser.LearningRate);
        Require(optimiser.Beta1 is >= 0 and < 1, "beta1", "in [0, 1)", optimiser.Beta1);
        Require(optimiser.Beta2 is >= 0 and < 1, "beta2", "in [0, 1)", optimiser.Beta2);
        Require(optimiser.Epsilon > 0 && double.IsFinite(optimiser.Epsilon), "epsilon", "finite and > 0", optimiser.Epsilon);
        Require(optimiser.Momentum is >= 0 and < 1, "momentum", "in [0, 1)", optimiser.Momentum);
        Require(
            optimiser.WeightDecay >= 0 && double.IsFinite(optimiser.WeightDecay), "weightDecay", "finite and ≥ 0", optimiser.WeightDecay);
        Require(optimiser.WarmupSteps >= 0, "warmupSteps", "≥ 0", optimiser.WarmupSteps);
        Require(optimiser.FinalFraction is >= 0 and <= 1, "finalFraction", "in [0, 1]", optimiser.FinalFraction);
        Require(optimiser.ClipNorm > 0, "clipNorm", "> 0, +∞ for none", optimiser.ClipNorm);
    }

    private static void Require<T>(bool holds, string name, string legal, T received)
    {
        if (!holds)
            throw new ArgumentException($"{name} must be {legal}, got {received}");
    }
}
