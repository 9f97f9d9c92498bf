using Hybrid.Architectures;
using Hybrid.Networks.Training;
using Xunit;

namespace Hybrid.Networks.Tests.Training;

/// <summary>Small models, options and batches in one line.</summary>
internal static class Models
{
    /// <summary>Every way in which a block can be put together: all placements with every wiring.</summary>
    public static IEnumerable<(Placement Norm, Wiring Wiring)> Blocks =>
        from norm in Placement.All from wiring in WiringModule.Named select (norm, wiring.Item2);

    /// <summary>The same as cases of a test.</summary>
    public static TheoryData<Placement, Wiring> BlockCases
    {
        get
        {
            TheoryData<Placement, Wiring> cases = [];
            foreach ((Placement norm, Wiring wiring) in Blocks)
                cases.Add(norm, wiring);
            return cases;
        }
    }

    /// <summary>A model of 5 tokens, 2 blocks, width 12, 3 heads and MLP width 7, with every scale different from 1.</summary>
    public static ModelOptions Of(
        Placement norm,
        TrainingTask task = TrainingTask.NextToken,
        bool gated = false,
        bool tied = false,
        Activation? activation = null,
        int tokens = 5,
        int depth = 2,
        int width = 12,
        int heads = 3,
        int mlpWidth = 7,
        int vocabulary = 11,
        double logitStd = 0.8,
        double correlation = 0.25,
        Wiring? wiring = null) => new(
            Networks.Of(
                norm, activation ?? Activation.Tanh, tokens, depth, width, heads, mlpWidth,
                task == TrainingTask.NextToken ? Mask.Causal : Mask.None, gated,
                logitStd: 1.5, valueStd: 0.8, inStd: 1.2, biasStd: 0.3, attentionBranch: 0.7, mlpBranch: 0.9, skip: 0.8,
                norm0: 1.3, correlation: correlation).With(wiring: wiring ?? Wiring.Sequential),
            task,
            vocabulary,
            tied,
            logitStd);

    /// <summary>A changed model, of the task that goes with its mask.</summary>
    public static ModelOptions With(Func<Architecture, Architecture> change)
    {
        ModelOptions next = Of(Placement.Pre, gated: true);
        Architecture changed = change(next.Architecture);
        return (changed.Mask.LooksAhead ? Of(Placement.Pre, TrainingTask.MaskedToken, gated: true) : next) with
        {
            Architecture = changed,
        };
    }

    /// <summary>Options with the optimiser's defaults.</summary>
    public static TrainingOptions Options(
        ModelOptions model, int sequences = 3, int steps = 20,
        OptimiserOptions? optimiser = null, bool recompute = false, ulong seed = 1) =>
        new(model, optimiser ?? new OptimiserOptions(), sequences, steps, seed, recompute);

    /// <summary>Random tokens; of a next-token task the targets follow the inputs, of a masked one every third is hidden.</summary>
    public static TokenBatch Batch(ModelOptions model, int sequences, int seed = 1)
    {
        int n = model.Architecture.Tokens;
        TokenBatch batch = new(sequences, n);
        System.Random random = new(seed);
        for (int sequence = 0; sequence < sequences; sequence++)
        {
            int next = random.Next(model.Vocabulary);
            for (int i = sequence * n; i < (sequence + 1) * n; i++)
            {
                batch.Inputs[i] = next;
                next = random.Next(model.Vocabulary);
                bool hidden = i % 3 == 0;
                if (model.Task == TrainingTask.NextToken)
                    batch.Targets[i] = next;
                else
                    (batch.Inputs[i], batch.Targets[i]) = hidden
                        ? (model.HiddenToken, batch.Inputs[i])
                        : (batch.Inputs[i], TokenBatch.NoTarget);
            }
        }

        return batch;
    }
}
