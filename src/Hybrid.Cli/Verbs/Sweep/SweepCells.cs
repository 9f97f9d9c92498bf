using System.Text.Json.Nodes;
using Hybrid.Architectures;
using Hybrid.Cli.Output;
using Hybrid.Import.Json;
using Hybrid.Lab.Cells;
using Hybrid.Lab.Data;
using Hybrid.Lab.Engines;
using Hybrid.Lab.Statistics;
using Hybrid.Lab.Training;
using Hybrid.Networks.Training;
using Hybrid.Theory;

namespace Hybrid.Cli.Verbs;

/// <summary>What a point of a sweep gives, in the fields of predict, simulate and train with --json.</summary>
internal static class SweepCells
{
    /// <summary>The theory's verdict, exponents, and the ends of the network.</summary>
    public static JsonObject Predict(Architecture architecture)
    {
        Prediction prediction = Theory.Predict.Architecture(architecture);
        JsonObject trainable = PredictionJson.Trainable(prediction.Trainability);
        trainable.Remove("reasons");
        trainable.Remove("limits");
        LayerPrediction first = prediction.Layers[0], last = prediction.Layers[^1];
        return new()
        {
            ["angleExponent"] = JsonNumber.OrNull(prediction.AngleExponent),
            ["gradientExponent"] = JsonNumber.OrNull(prediction.GradientExponent),
            ["differenceExponent"] = JsonNumber.OrNull(prediction.DifferenceExponent),
            ["phase"] = Words.Of(prediction.Phase),
            ["trainable"] = trainable,
            ["last"] = new JsonObject
            {
                ["q"] = JsonNumber.OrNull(last.Q),
                ["rho"] = JsonNumber.OrNull(last.Rho),
                ["u"] = JsonNumber.OrNull(last.U),
            },
            ["first"] = new JsonObject
            {
                ["gradientDiagonal"] = JsonNumber.OrNull(first.GradientDiagonal),
                ["gradientOffDiagonal"] = JsonNumber.OrNull(first.GradientOffDiagonal),
            },
        };
    }

    /// <summary>Every layer of an ensemble.</summary>
    /// <exception cref="OperationCanceledException">Stopped before all networks were drawn: fewer are another result.</exception>
    public static JsonObject Simulate(EngineEntry entry, Architecture architecture, int samples, ulong seed, CellContext context)
    {
        Measurement measurement = new EnsembleRun(entry, context.Threads, seed, EnsembleRun.MemoryOfCell(entry, architecture))
            .Measure(architecture, 0, samples, () => { }, context.Cancellation);
        if (measurement.Samples < samples)
            throw new OperationCanceledException(context.Cancellation);
        return new()
        {
            ["engine"] = measurement.Engine,
            ["samples"] = measurement.Samples,
            ["layers"] = new JsonArray([.. measurement.Layers.Select(MeasurementJson.Layer)]),
        };
    }

    /// <summary>A training to its end, from its last checkpoint where it was begun.</summary>
    /// <exception cref="CellPausedException">Stopped, with a checkpoint further on than the last one.</exception>
    /// <exception cref="OperationCanceledException">Stopped before it had done a step.</exception>
    /// <exception cref="CellBusyException">Another process trains it.</exception>
    public static JsonObject Train(TrainerCatalogue trainers, TrainingPlan plan, DeviceChoice device, CellContext context)
    {
        context.PrepareScratch();
        using ITokenSource source = plan.Data.Open(plan.Options.Seed, context.Scratch);
        plan.EnsureFits(source);
        using ITrainer trainer = trainers.Create(plan, context.Threads, device);
        using RunDirectory directory = RunDirectory.Exists(context.Scratch)
            ? Held(() => RunDirectory.Open(context.Scratch))
            : Held(() => RunDirectory.Create(context.Scratch, plan));
        if (PlanDifferences.Between(directory.Plan, plan).Count > 0)
            throw new InputException($"{context.Scratch}: holds another training; remove the folder");
        int begun = directory.Checkpoints.Latest ?? 0;
        TrainingResult result = new TrainingRun(directory, trainer, source).Run(_ => { }, context.Cancellation);
        if (result.Outcome == TrainingOutcome.Stopped)
        {
            throw directory.Checkpoints.Latest > begun
                ? new CellPausedException(context.Cancellation)
                : new OperationCanceledException(context.Cancellation);
        }

        return new()
        {
            ["outcome"] = Words.Of(result.Outcome),
            ["reason"] = result.Reason,
            ["steps"] = result.Steps,
            ["initialLoss"] = JsonNumber.OrNull(result.InitialLoss),
            ["finalLoss"] = JsonNumber.OrNull(result.FinalLoss),
            ["initialEvalLoss"] = JsonNumber.OrNull(result.InitialEvalLoss),
            ["finalEvalLoss"] = JsonNumber.OrNull(result.FinalEvalLoss),
            ["optimalLoss"] = source.OptimalLoss(plan.Options.Model.Task, plan.Options.Model.Architecture.Tokens) is double optimum
                ? JsonNumber.OrNull(optimum)
                : null,
            ["evaluations"] = new JsonArray([.. result.Evaluations.Select(entry =>
                (JsonNode)new JsonObject { ["step"] = entry.Step, ["loss"] = JsonNumber.OrNull(entry.EvalLoss!.Value) })]),
        };
    }

    private static RunDirectory Held(Func<RunDirectory> open)
    {
        try
        {
            return open();
        }
        catch (RunInUseException error)
        {
            throw new CellBusyException(error.Message, error);
        }
    }
}
