using System.Text.Json.Nodes;
using Hybrid.Cli.Output;
using Hybrid.Experiments.Designs;
using Hybrid.Experiments.Hypotheses;
using Hybrid.Experiments.Runs;
using Hybrid.Import.Json;

namespace Hybrid.Cli.Verbs;

/// <summary>A finished experiment as JSON: registered hypotheses and every tested number.</summary>
internal static class ExperimentJson
{
    public static JsonObject List(IReadOnlyList<IExperiment> experiments) => new()
    {
        ["experiments"] = new JsonArray(
        [
            .. experiments.Select(experiment => (JsonNode)new JsonObject { ["name"] = experiment.Name, ["purpose"] = experiment.Purpose }),
        ]),
    };

    /// <summary>The run; it names the engine where that is not the experiment's own.</summary>
    public static RunHeader Header(ExperimentPlan plan) => plan.Engine is null
        ? new("experiment", plan.Seed)
        : new("experiment", plan.Seed, plan.Engine.Label, Threads: 1, Device: plan.Engine.Choice.Device.Device);

    public static JsonObject ToNode(ExperimentOutcome outcome, Evaluation evaluation) => new()
    {
        ["run"] = Header(outcome.Plan).ToNode(),
        ["experiment"] = outcome.Plan.Experiment.Name,
        ["experimentVersion"] = outcome.Plan.Experiment.Version,
        ["quick"] = outcome.Plan.Scale == ExperimentScale.Quick,
        ["registered"] = outcome.Registered.ToString("O"),
        ["cells"] = outcome.Results.Count,
        ["cellSeconds"] = JsonNumber.OrNull(outcome.CellSeconds),
        ["familyWiseRate"] = Significance.FamilyWiseRate,
        ["plannedTests"] = outcome.Plan.Design.Plan.Count,
        ["levelPerTest"] = JsonNumber.OrNull(outcome.Plan.Design.Plan.Level),
        ["outcome"] = ExperimentReport.Word(evaluation.Outcome),
        ["verdict"] = ExperimentReport.Verdict(evaluation),
        ["hypotheses"] = new JsonArray([.. evaluation.Results.Select(Hypothesis)]),
    };

    private static JsonNode Hypothesis(HypothesisResult result) => new JsonObject
    {
        ["id"] = result.Hypothesis.Id,
        ["statement"] = result.Hypothesis.Statement,
        ["criterion"] = result.Hypothesis.Criterion,
        ["outcome"] = ExperimentReport.Word(result.Outcome),
        ["verdict"] = ExperimentReport.Verdict(result),
        ["undecided"] = result.Count(Outcome.Inconclusive),
        ["undecidedShare"] = JsonNumber.OrNull(result.UndecidedShare),
        ["registered"] = new JsonArray([.. result.Hypothesis.Predictions.Select(Number)]),
        ["tests"] = new JsonArray([.. result.Tests.Select(Test)]),
    };

    private static JsonNode Number(RegisteredNumber number) => new JsonObject
    {
        ["subject"] = number.Subject,
        ["quantity"] = number.Quantity,
        ["value"] = JsonNumber.OrNull(number.Value),
    };

    private static JsonNode Test(TestedNumber test) => new JsonObject
    {
        ["subject"] = test.Subject,
        ["quantity"] = test.Quantity,
        ["predicted"] = JsonNumber.OrNull(test.Predicted),
        ["measured"] = JsonNumber.OrNull(test.Measured),
        ["low"] = JsonNumber.OrNull(test.Low),
        ["high"] = JsonNumber.OrNull(test.High),
        ["side"] = test.Side,
        ["margin"] = JsonNumber.OrNull(test.Margin),
        ["outcome"] = ExperimentReport.Word(test.Outcome),
    };
}
