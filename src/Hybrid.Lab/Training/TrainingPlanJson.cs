using System.Text.Json;
using System.Text.Json.Nodes;
using Hybrid.Import.Files;
using Hybrid.Import.Json;
using Hybrid.Import.Records;
using Hybrid.Lab.Data;
using Hybrid.Networks.Measurements;
using Hybrid.Networks.Training;

namespace Hybrid.Lab.Training;

/// <summary>A plan as JSON, the config.json of a run: every field is written, and reading demands every field and no other.</summary>
public static class TrainingPlanJson
{
    /// <summary>The words of the tasks.</summary>
    public static readonly IReadOnlyDictionary<string, TrainingTask> Tasks = new Dictionary<string, TrainingTask>
    {
        ["next"] = TrainingTask.NextToken,
        ["masked"] = TrainingTask.MaskedToken,
    };

    /// <summary>The words of the optimisers.</summary>
    public static readonly IReadOnlyDictionary<string, OptimiserKind> Optimisers = new Dictionary<string, OptimiserKind>
    {
        ["adamw"] = OptimiserKind.AdamW,
        ["sgd"] = OptimiserKind.Sgd,
    };

    /// <summary>The words of the schedules.</summary>
    public static readonly IReadOnlyDictionary<string, ScheduleKind> Schedules = new Dictionary<string, ScheduleKind>
    {
        ["constant"] = ScheduleKind.Constant,
        ["cosine"] = ScheduleKind.Cosine,
    };

    internal const string KeepName = "keep", KeepBestName = "keepBest";

    private const string HeldOutName = "heldOut", ExponentsName = "exponents";

    private static readonly Dictionary<string, HeldOut> HeldOuts = new() { ["end"] = HeldOut.End, ["spread"] = HeldOut.Spread };

    private const int Format = 1;

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, IndentSize = 2, NewLine = "\n" };

    /// <summary>The word of a value.</summary>
    public static string WordOf<T>(IReadOnlyDictionary<string, T> words, T value) => words.First(item => item.Value!.Equals(value)).Key;

    /// <summary>The plan as indented JSON text that <see cref="Parse"/> reads back.</summary>
    public static string ToText(TrainingPlan plan) => ToNode(plan).ToJsonString(Indented) + "\n";

    /// <summary>The plan as JSON; what is kept of a run stands there where it is not the usual.</summary>
    public static JsonObject ToNode(TrainingPlan plan)
    {
        JsonObject node = Fields(plan);
        if (plan.Keep != TrainingPlan.UsualCheckpoints)
            node[KeepName] = plan.Keep;
        if (plan.KeepBest)
            node[KeepBestName] = true;
        if (plan.Measures == MeasurementExtent.Pass)
            node[ExponentsName] = false;
        return node;
    }

    private static JsonObject Fields(TrainingPlan plan) => new()
    {
        ["format"] = Format,
        ["engine"] = plan.Engine,
        ["seed"] = plan.Options.Seed,
        ["steps"] = plan.Options.Steps,
        ["batch"] = plan.Options.Sequences,
        ["recompute"] = plan.Options.Recompute,
        ["evalEvery"] = plan.EvalEvery,
        ["evalSequences"] = plan.EvalSequences,
        ["measureEvery"] = plan.MeasureEvery,
        ["checkpointEvery"] = plan.CheckpointEvery,
        ["data"] = ToNode(plan.Data),
        ["optimiser"] = ToNode(plan.Options.Optimiser),
        ["model"] = ToNode(plan.Options.Model),
    };

    /// <summary>Reads a plan; <paramref name="source"/> names the text in errors.</summary>
    /// <exception cref="InputException">The text is no plan.</exception>
    /// <exception cref="Hybrid.Architectures.InvalidArchitectureException">The architecture is out of its range.</exception>
    public static TrainingPlan Parse(string text, string source)
    {
        using JsonDocument document = ArchitectureJson.ParseDocument(text, source);
        JsonFields root = new(document.RootElement, source);
        root.Integer("format", Format, Format);
        ulong seed = root.Seed("seed");
        int Count(string name) => (int)root.Integer(name, 1, TrainingPlan.LargestSteps);
        TrainingPlan plan = new(
            new(
                ParseModel(root.Object("model"), source),
                ParseOptimiser(root.Object("optimiser")),
                Count("batch"),
                Count("steps"),
                seed,
                root.Flag("recompute")),
            ParseData(root.Object("data")),
            root.Text("engine"),
            Count("evalEvery"),
            Count("evalSequences"),
            Count("measureEvery"),
            Count("checkpointEvery"))
        {
            Keep = root.Has(KeepName) ? Count(KeepName) : TrainingPlan.UsualCheckpoints,
            KeepBest = root.Has(KeepBestName) && root.Flag(KeepBestName),
            Measures = root.Has(ExponentsName) && !root.Flag(ExponentsName) ? MeasurementExtent.Pass : MeasurementExtent.Whole,
        };
        root.EnsureNoOther();
        return plan;
    }

    private static JsonObject ToNode(DataDescription data)
    {
        JsonObject node = new() { ["source"] = data.Source };
        if (data.File is FileIdentity file)
        {
            (node["bytes"], node["sha256"]) = (file.Bytes, file.Sha256);
            if (data.HeldOut != HeldOut.End)
                node[HeldOutName] = WordOf(HeldOuts, data.HeldOut);
        }

        return node;
    }

    private static DataDescription ParseData(JsonFields fields)
    {
        string source = fields.Text("source");
        FileIdentity? file = fields.Has("bytes") || fields.Has("sha256")
            ? new(fields.Integer("bytes", 0, long.MaxValue), fields.Text("sha256"))
            : null;
        // runs that do not say it are older than the choice
        HeldOut heldOut = fields.Has(HeldOutName) ? fields.Choice(HeldOutName, HeldOuts) : file is null ? HeldOut.Spread : HeldOut.End;
        fields.EnsureNoOther();
        return new(source, file) { HeldOut = heldOut };
    }

    private static JsonObject ToNode(ModelOptions model) => new()
    {
        ["task"] = WordOf(Tasks, model.Task),
        ["vocabulary"] = model.Vocabulary,
        ["tied"] = model.Tied,
        ["logitStd"] = model.LogitStd,
        ["architecture"] = ArchitectureJson.ToNode(model.Architecture),
    };

    private static ModelOptions ParseModel(JsonFields fields, string source)
    {
        ModelOptions model = new(
            ArchitectureJson.Parse(fields.Any("architecture").GetRawText(), $"{source}: model.architecture"),
            fields.Choice("task", Tasks),
            (int)fields.Integer("vocabulary", 2, 256),
            fields.Flag("tied"),
            fields.Number("logitStd", NumberRange.Positive));
        fields.EnsureNoOther();
        return model;
    }

    private static JsonObject ToNode(OptimiserOptions optimiser) => new()
    {
        ["kind"] = WordOf(Optimisers, optimiser.Kind),
        ["learningRate"] = optimiser.LearningRate,
        ["beta1"] = optimiser.Beta1,
        ["beta2"] = optimiser.Beta2,
        ["epsilon"] = optimiser.Epsilon,
        ["momentum"] = optimiser.Momentum,
        ["weightDecay"] = optimiser.WeightDecay,
        ["schedule"] = WordOf(Schedules, optimiser.Schedule),
        ["warmupSteps"] = optimiser.WarmupSteps,
        ["finalFraction"] = optimiser.FinalFraction,
        // JSON has no infinity: null is "no clipping".
        ["clipNorm"] = double.IsInfinity(optimiser.ClipNorm) ? null : optimiser.ClipNorm,
    };

    private static OptimiserOptions ParseOptimiser(JsonFields fields)
    {
        OptimiserOptions optimiser = new(
            fields.Choice("kind", Optimisers),
            fields.Number("learningRate", NumberRange.Positive),
            fields.Number("beta1", NumberRange.HalfOpenUnit),
            fields.Number("beta2", NumberRange.HalfOpenUnit),
            fields.Number("epsilon", NumberRange.Positive),
            fields.Number("momentum", NumberRange.HalfOpenUnit),
            fields.Number("weightDecay", NumberRange.NonNegative),
            fields.Choice("schedule", Schedules),
            (int)fields.Integer("warmupSteps", 0, int.MaxValue),
            fields.Number("finalFraction", NumberRange.Unit),
            fields.NumberOr("clipNorm", double.PositiveInfinity, NumberRange.Positive));
        fields.EnsureNoOther();
        return optimiser;
    }
}
