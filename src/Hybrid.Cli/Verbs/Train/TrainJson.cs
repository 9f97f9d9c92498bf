using System.Text.Json.Nodes;
using Hybrid.Cli.Output;
using Hybrid.Import.Json;
using Hybrid.Lab.Training;

namespace Hybrid.Cli.Verbs;

/// <summary>A run's result as JSON; the field names are the command's contract. Losses are in nats per target.</summary>
internal static class TrainJson
{
    public static JsonObject ToNode(TrainingReport report, RunHeader header, RunDirectory directory)
    {
        TrainingResult result = report.Result;
        return new()
        {
            ["run"] = header.ToNode(),
            ["plan"] = TrainingPlanJson.ToNode(result.Plan),
            ["out"] = directory.Name,
            ["outcome"] = Words.Of(result.Outcome),
            ["reason"] = result.Reason,
            ["steps"] = result.Steps,
            ["initialLoss"] = JsonNumber.OrNull(result.InitialLoss),
            ["finalLoss"] = JsonNumber.OrNull(result.FinalLoss),
            ["finalLossSteps"] = result.FinalSteps,
            ["initialEvalLoss"] = JsonNumber.OrNull(result.InitialEvalLoss),
            ["finalEvalLoss"] = JsonNumber.OrNull(result.FinalEvalLoss),
            ["optimalLoss"] = report.Optimum is double optimum ? JsonNumber.OrNull(optimum) : null,
            ["references"] = new JsonArray([.. report.References.Select(reference =>
                (JsonNode)new JsonObject { ["name"] = reference.Name, ["loss"] = JsonNumber.OrNull(reference.Nats) })]),
            ["summary"] = Summary(new(report)),
            ["evaluations"] = new JsonArray([.. result.Evaluations.Select(entry =>
                (JsonNode)new JsonObject { ["step"] = entry.Step, ["loss"] = JsonNumber.OrNull(entry.EvalLoss!.Value) })]),
            ["measurements"] =
                new JsonObject { ["before"] = directory.Measurements.Read(0), ["after"] = directory.Measurements.Read(result.Steps) },
            ["tokensPerSecond"] = JsonNumber.OrNull(result.TokensPerSecond),
            ["peakMemoryBytes"] = report.PeakMemory,
        };
    }

    private static JsonObject Summary(TrainingSummary summary) => new()
    {
        ["sentence"] = summary.Sentence,
        ["learnt"] = summary.HasLearnt,
        ["trend"] = Words.Of(summary.Trend),
        ["slope"] = JsonNumber.OrNull(summary.Slope),
    };
}
