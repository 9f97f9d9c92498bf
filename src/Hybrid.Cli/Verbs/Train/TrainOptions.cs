using System.CommandLine;
using Hybrid.Architectures;
using Hybrid.Cli.Shared;
using Hybrid.Import;
using Hybrid.Import.Json;
using Hybrid.Lab.Data;
using Hybrid.Lab.Training;
using Hybrid.Networks.Measurements;
using Hybrid.Networks.Training;

namespace Hybrid.Cli.Verbs;

/// <summary>
/// What hybrid train takes that decides the run. What is not given is the stored plan's where a run is resumed, and a default
/// where one begins: a resumed run accepts the very command that began it, or none of its options.
/// </summary>
internal sealed class TrainOptions
{
    private static readonly OptimiserOptions Standard = new();

    private readonly Argument<string?> _source;

    private readonly Option<string?> _data = new("--data")
    {
        Description = "A file, read as bytes (90 % training; 5 % validation and 5 % test spread over it), or a source of known optimum: "
            + "markov:vocabulary=32,order=1,entropy=1.73, recall:keys=16,values=16,pairs=4, or synthetic (markov as it is).",
        HelpName = "FILE|markov[:…]|recall[:…]|synthetic",
    };

    private readonly Option<int> _steps = Options.Integer<int>("--steps", "Steps of the optimiser.", null, 1, TrainingPlan.LargestSteps);
    private readonly Option<int> _batch = Options.Integer("--batch", "Sequences in a batch.", 8, 1, 1 << 20);
    private readonly Option<string?> _task = Options.Choice(
        "--task", "What is predicted: next with a causal mask, masked (15 % of tokens hidden) without; by the mask if not given.",
        null, TrainingPlanJson.Tasks.Keys);
    private readonly Option<bool> _tied = new("--tied") { Description = "Make the unembedding the token embedding." };
    private readonly Option<bool> _recompute = new("--recompute")
    {
        Description = "Compute activations again in the backward pass: less memory, a third more arithmetic, the same results.",
    };
    private readonly Option<string?> _optimiser = Options.Choice(
        "--optimiser", "The update rule.", "adamw", TrainingPlanJson.Optimisers.Keys);
    private readonly Option<double> _learningRate = Options.Number(
        "--learning-rate", "Learning rate at its peak.", Standard.LearningRate, NumberRange.Positive);
    private readonly Option<string?> _schedule = Options.Choice(
        "--schedule", "The learning rate after the warm-up: constant, or down to a tenth.", "cosine", TrainingPlanJson.Schedules.Keys);
    private readonly Option<int> _warmup = Options.Integer(
        "--warmup", "Steps over which the learning rate grows to its peak.", 0, 0, TrainingPlan.LargestSteps);
    private readonly Option<double> _weightDecay = Options.Number(
        "--weight-decay", "Decoupled decay of matrices.", Standard.WeightDecay, NumberRange.NonNegative);
    private readonly Option<double> _clip = Options.Number(
        "--clip", "Largest norm of the whole gradient.", Standard.ClipNorm, NumberRange.Positive, "none");
    private readonly Option<int> _evalEvery = Options.Integer<int>(
        "--eval-every", "Steps between two evaluations; a twentieth of the steps if not given.", null, 1, TrainingPlan.LargestSteps);
    private readonly Option<int> _evalSequences = Options.Integer<int>(
        "--eval-sequences",
        "Validation sequences of an evaluation, rounded up to whole batches; 64, or what a file has, if not given.", null, 1, 1 << 30);
    private readonly Option<int> _measureEvery = Options.Integer<int>(
        "--measure-every",
        "Steps between two measurements of the network; before and after training only if not given, and then without operator norms "
            + "and exponents where these would take more than a twentieth of the run.",
        null, 1, TrainingPlan.LargestSteps);
    private readonly Option<int> _checkpointEvery = Options.Integer<int>(
        "--checkpoint-every", "Steps between two checkpoints; a tenth of the steps, at most 1000, if not given.",
        null, 1, TrainingPlan.LargestSteps);
    private readonly Option<int> _keep = Options.Integer(
        "--keep", "Checkpoints to keep, the last ones.", TrainingPlan.UsualCheckpoints, 1, TrainingPlan.LargestSteps);
    private readonly Option<bool> _keepBest = new("--keep-best")
    {
        Description = "Keep the checkpoint with the lowest evaluation besides.",
    };
    private readonly Option<bool> _private = new("--private")
    {
        Description = "Leave the name of the data's file out of everything that is written; --resume then needs --data again.",
    };
    private readonly Option<string?> _engine;
    private readonly TrainerCatalogue _trainers;
    private readonly CommonOptions _common;

    public TrainOptions(Command command, TrainerCatalogue trainers)
    {
        _trainers = trainers;
        _source = new("ARCH")
        {
            Description = "A preset (see hybrid presets) or an architecture JSON file; with --resume the run's own if not given.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        _engine = Options.Engine("What trains: dense or torch.", trainers.Default);
        Options.CompletePresets(_source);
        command.Arguments.Add(_source);
        foreach (Option option in (Option[])[.. Own, _engine])
            command.Options.Add(option);
        _common = new(command);
    }

    /// <summary>Beside the options of a verb that trains among other things, and has architecture, engine and seed already.</summary>
    public TrainOptions(
        Command command, TrainerCatalogue trainers, Argument<string> source, Option<string?> engine, CommonOptions common)
    {
        (_trainers, _source, _engine, _common) = (trainers, source!, engine, common);
        foreach (Option option in Own)
            command.Options.Add(option);
    }

    /// <summary>The first of a verb's options of training alone that is given, or null.</summary>
    public string? FirstGiven(ParseResult parsed) => Own.FirstOrDefault(option => Options.Given(parsed, option))?.Name;

    private Option[] Own =>
    [
        _data, _steps, _batch, _task, _tied, _optimiser, _learningRate, _schedule, _warmup, _weightDecay, _clip,
        _recompute, _evalEvery, _evalSequences, _measureEvery, _checkpointEvery, _keep, _keepBest, _private,
    ];

    public bool Json(ParseResult parsed) => _common.Json(parsed);

    /// <summary>The plan of the command line over a stored one, and its data, open; paths of files are from the run's folder.</summary>
    /// <exception cref="InputException">An option is missing or does not fit the others.</exception>
    public (TrainingPlan Plan, ITokenSource Source) Plan(ParseResult parsed, TrainingPlan? stored, string folder)
    {
        ulong seed = _common.Seed(parsed, stored?.Options.Seed);
        Architecture architecture = Architecture(parsed, stored);
        int steps = Value(parsed, _steps, stored?.Options.Steps) ?? throw Missing("--steps N");
        int batch = Value(parsed, _batch, stored?.Options.Sequences)!.Value;
        ITokenSource source = Options.Given(parsed, _data)
            ? TokenSources.Open(parsed.GetValue(_data)!, seed, stored?.Data.HeldOut ?? HeldOut.Spread)
            : stored?.Data.Open(seed, folder) ?? throw Missing("--data FILE, or --data synthetic");
        try
        {
            stored?.Data.EnsureUnchanged(source, folder);
            TrainingTask task = parsed.GetValue(_task) is string word ? TrainingPlanJson.Tasks[word] : TrainingPlan.TaskOf(architecture);
            ModelOptions model = new(architecture, task, source.Vocabulary,
                parsed.GetValue(_tied) || stored is { Options.Model.Tied: true });
            TrainingOptions options = new(
                model,
                Optimiser(parsed, stored?.Options.Optimiser),
                batch,
                steps,
                seed,
                parsed.GetValue(_recompute) || stored is { Options.Recompute: true });
            TrainingPlan plan = new(
                options,
                Data(parsed, stored?.Data, source, folder),
                Options.Given(parsed, _engine) || stored is null ? parsed.GetValue(_engine) ?? _trainers.Default : stored.Engine,
                Value(parsed, _evalEvery, stored?.EvalEvery) ?? Math.Max(1, steps / 20),
                EvalSequences(parsed, stored, source, new BatchMaker(source, model, seed).SequenceLength, batch),
                Value(parsed, _measureEvery, stored?.MeasureEvery) ?? steps,
                Value(parsed, _checkpointEvery, stored?.CheckpointEvery) ?? Math.Clamp(steps / 10, 1, 1000))
            {
                Keep = Value(parsed, _keep, stored?.Keep)!.Value,
                KeepBest = parsed.GetValue(_keepBest) || stored is { KeepBest: true },
                Measures = Options.Given(parsed, _measureEvery) ? MeasurementExtent.Whole
                    : stored?.Measures ?? TrainingPlan.Affordable(options),
            };
            plan.EnsureFits(source);
            return (plan, source);
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    /// <summary>Whether the data's name is to be left out.</summary>
    public bool IsPrivate(ParseResult parsed, TrainingPlan plan) => parsed.GetValue(_private) || plan.Data.IsPrivate;

    private DataDescription Data(ParseResult parsed, DataDescription? stored, ITokenSource source, string folder)
    {
        if (stored?.Describes(source, folder) == true)
            return stored;
        DataDescription data = DataDescription.Of(source, folder);
        return parsed.GetValue(_private) ? data.Private() : data;
    }

    private Architecture Architecture(ParseResult parsed, TrainingPlan? stored)
    {
        Architecture start = parsed.GetValue(_source) is string text ? ArchitectureSource.Load(text)
            : stored?.Options.Model.Architecture ?? throw Missing("ARCH");
        return _common.Apply(parsed, start);
    }

    private OptimiserOptions Optimiser(ParseResult parsed, OptimiserOptions? stored)
    {
        OptimiserOptions start = stored ?? Standard;
        return start with
        {
            Kind = TrainingPlanJson.Optimisers[
                Word(parsed, _optimiser, stored is null ? null : TrainingPlanJson.WordOf(TrainingPlanJson.Optimisers, stored.Kind))],
            LearningRate = Value(parsed, _learningRate, stored?.LearningRate)!.Value,
            Schedule = TrainingPlanJson.Schedules[
                Word(parsed, _schedule, stored is null ? null : TrainingPlanJson.WordOf(TrainingPlanJson.Schedules, stored.Schedule))],
            WarmupSteps = Value(parsed, _warmup, stored?.WarmupSteps)!.Value,
            WeightDecay = Value(parsed, _weightDecay, stored?.WeightDecay)!.Value,
            ClipNorm = Value(parsed, _clip, stored?.ClipNorm)!.Value,
        };
    }

    /// <summary>Whole batches; by default no more of them than the validation part has.</summary>
    private int EvalSequences(ParseResult parsed, TrainingPlan? stored, ITokenSource source, int length, int batch)
    {
        if (Value(parsed, _evalSequences, stored?.EvalSequences) is int asked)
            return RoundUp(asked, batch);
        long available = source.Sequences(Split.Validation, length) / batch * batch;
        return (int)Math.Max(batch, Math.Min(RoundUp(64, batch), available));
    }

    private static int RoundUp(int count, int batch) => checked((count + batch - 1) / batch * batch);

    /// <summary>The given value, else the stored one, else the option's default, else null.</summary>
    private static T? Value<T>(ParseResult parsed, Option<T> option, T? stored)
        where T : struct =>
        Options.Given(parsed, option) ? parsed.GetValue(option)
        : stored ?? (option.HasDefaultValue ? parsed.GetValue(option) : null);

    private static string Word(ParseResult parsed, Option<string?> option, string? stored) =>
        Options.Given(parsed, option) ? parsed.GetValue(option)! : stored ?? parsed.GetValue(option)!;

    private static InputException Missing(string what) =>
        new($"{what} is required to begin a run; hybrid train --help has examples");
}
