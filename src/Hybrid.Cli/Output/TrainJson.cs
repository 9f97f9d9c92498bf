using System.Text.Json.Nodes;
using Hybrid.Harness.Training;

namespace Hybrid.Cli.Output;

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
            ["out"] = directory.FullPath,
            ["outcome"] = Words.Of(result.Outcome),
            ["reason"] = result.Reason,
            ["steps"] = result.Steps,
            ["initialLoss"] = Json.Number(result.InitialLoss),
            ["finalLoss"] = Json.Number(result.FinalLoss),
            ["finalLossSteps"] = result.FinalSteps,
            ["initialEvalLoss"] = Json.Number(result.InitialEvalLoss),
            ["finalEvalLoss"] = Json.Number(result.FinalEvalLoss),
            ["optimalLoss"] = report.Optimum is double optimum ? Json.Number(optimum) : null,
            ["references"] = new JsonArray([.. report.References.Select(reference =>
                (JsonNode)new JsonObject { ["name"] = reference.Name, ["loss"] = Json.Number(reference.Nats) })]),
            ["evaluations"] = new JsonArray([.. result.Evaluations.Select(entry =>
                (JsonNode)new JsonObject { ["step"] = entry.Step, ["loss"] = Json.Number(entry.EvalLoss!.Value) })]),
            ["measurements"] = new JsonObject { ["before"] = directory.Measurements.Read(0), ["after"] = directory.Measurements.Read(result.Steps) },
            ["tokensPerSecond"] = Json.Number(result.TokensPerSecond),
            ["peakMemoryBytes"] = report.PeakMemory,
        };
    }
}
