using Hybrid.Architectures;
using Hybrid.Import.Json;
using Hybrid.Lab.Data;
using Hybrid.Networks.Measurements;
using Hybrid.Networks.Training;

namespace Hybrid.Lab.Training;

/// <summary>Everything that decides a run: equal plans give equal trajectories, bit by bit on one engine.</summary>
/// <param name="Options">Model, optimiser, batch, length, seed.</param>
/// <param name="Data">What it is trained on.</param>
/// <param name="Engine">What trains it.</param>
/// <param name="EvalEvery">Steps between two evaluations, ≥ 1; the state before the first step and the
/// last one are always evaluated.</param>
/// <param name="EvalSequences">Validation sequences of one evaluation, always the same; a multiple of the batch.</param>
/// <param name="MeasureEvery">Steps between two measurements of the network, ≥ 1; it is measured before
/// the first step and after the last too.</param>
/// <param name="CheckpointEvery">Steps between two checkpoints, ≥ 1; the last step is always kept.</param>
public sealed record TrainingPlan(
    TrainingOptions Options,
    DataDescription Data,
    string Engine,
    int EvalEvery,
    int EvalSequences,
    int MeasureEvery,
    int CheckpointEvery)
{
    /// <summary>So many checkpoints are kept where nothing else is asked for.</summary>
    public const int UsualCheckpoints = 2;

    /// <summary>Checkpoints that are kept, ≥ 1: the last ones.</summary>
    public int Keep { get; init; } = UsualCheckpoints;

    /// <summary>Whether the checkpoint with the lowest evaluation is kept besides.</summary>
    public bool KeepBest { get; init; }

    /// <summary>What is measured of the network.</summary>
    public MeasurementExtent Measures { get; init; }

    /// <summary>
    /// What may be measured before and after a run without being asked for: everything, where that takes at most a twentieth of the run's
    /// own work.
    /// </summary>
    public static MeasurementExtent Affordable(TrainingOptions options)
    {
        long whole = 2L * NetworkMeter.SequencesOfSteps * Math.Min(NetworkMeter.Trajectories, options.Sequences);
        return 20 * whole <= (long)options.Steps * options.Sequences ? MeasurementExtent.Whole : MeasurementExtent.Pass;
    }

    /// <summary>Most steps of a run: what nine digits in a checkpoint's name can count.</summary>
    public const int LargestSteps = 999_999_999;

    /// <summary>The task that an architecture's mask is for.</summary>
    public static TrainingTask TaskOf(Architecture architecture) =>
        !architecture.Mask.LooksAhead ? TrainingTask.NextToken : TrainingTask.MaskedToken;

    /// <summary>Refuses a plan that cannot be trained on the source.</summary>
    /// <exception cref="InputException">The message says what to change.</exception>
    public void EnsureFits(ITokenSource source)
    {
        ModelOptions model = Options.Model;
        string name = model.Architecture.Name;
        if (model.Task == TrainingTask.NextToken && model.Architecture.Mask.LooksAhead)
        {
            throw new InputException("--task next needs a causal mask, which keeps the next token from being read off, "
                + $"and '{name}' has none; give --set mask=causal or --task masked");
        }

        if (model.Task == TrainingTask.MaskedToken && !model.Architecture.Mask.LooksAhead)
        {
            throw new InputException(
                $"--task masked needs attention to both sides, and '{name}' has a causal mask; give --set mask=none or --task next");
        }

        if (model.Vocabulary != source.Vocabulary)
        {
            throw new InputException(
                $"--data {source.Description} has {source.Vocabulary} tokens, and the model has a vocabulary of {model.Vocabulary}");
        }

        if (EvalSequences % Options.Sequences != 0)
            throw new InputException($"evalSequences must be a multiple of the batch, {Options.Sequences}, got {EvalSequences}");
        int length = new BatchMaker(source, model, Options.Seed).SequenceLength;
        long available = source.Sequences(Split.Validation, length);
        if (EvalSequences > available)
        {
            throw new InputException(
                $"--eval-sequences {EvalSequences}: the validation part of "
                + $"{source.Description} has {available} sequences of {length} tokens; "
                + "give fewer, a smaller --batch, a smaller --set tokens=… or a longer file");
        }
    }
}
