using System.Text.Json.Nodes;
using Hybrid.Harness.Architectures;
using Hybrid.Theory;

namespace Hybrid.Cli.Output;

/// <summary>A prediction as JSON; the field names are the command's contract.</summary>
internal static class PredictionJson
{
    public static JsonObject ToNode(Prediction prediction, RunHeader header) => new()
    {
        ["run"] = header.ToNode(),
        ["architecture"] = ArchitectureJson.ToNode(prediction.Architecture),
        ["angleExponent"] = Json.Number(prediction.AngleExponent),
        ["gradientExponent"] = Json.Number(prediction.GradientExponent),
        ["differenceExponent"] = Json.Number(prediction.DifferenceExponent),
        ["phase"] = Words.Of(prediction.Phase),
        ["stationary"] = prediction.Stationary,
        ["fixedPoint"] = new JsonObject
        {
            ["q"] = Json.Number(prediction.FixedPoint.Q),
            ["rho"] = Json.Number(prediction.FixedPoint.Rho),
            ["converged"] = prediction.FixedPoint.Converged,
        },
        ["depthScales"] = new JsonObject
        {
            ["angle"] = Json.Number(prediction.DepthScales.Angle),
            ["gradient"] = Json.Number(prediction.DepthScales.Gradient),
        },
        ["trainable"] = Trainable(prediction.Trainability),
        ["layers"] = new JsonArray([.. prediction.Layers.Select(Layer)]),
        ["bounds"] = NormBounds.Of(prediction.Architecture).ToNode(),
    };

    /// <summary>The verdict at finite depth and its reasons.</summary>
    public static JsonObject Trainable(Trainability trainability) => new()
    {
        ["verdict"] = Words.Of(trainability.Verdict),
        ["reasons"] = new JsonArray([.. trainability.Reasons.Select(reason => (JsonNode)reason)]),
    };

    private static JsonNode Layer(LayerPrediction layer) => new JsonObject
    {
        ["layer"] = layer.Layer,
        ["q"] = Json.Number(layer.Q),
        ["p"] = Json.Number(layer.P),
        ["rho"] = Json.Number(layer.Rho),
        ["u"] = Json.Number(layer.U),
        ["gradientDiagonal"] = Json.Number(layer.GradientDiagonal),
        ["gradientOffDiagonal"] = Json.Number(layer.GradientOffDiagonal),
        ["angleExponent"] = Json.Number(layer.AngleExponent),
        ["gradientExponent"] = Json.Number(layer.GradientExponent),
        ["standardErrors"] = new JsonObject
        {
            ["q"] = Json.Number(layer.Uncertainty.Q),
            ["p"] = Json.Number(layer.Uncertainty.P),
            ["u"] = Json.Number(layer.Uncertainty.U),
            ["gradientDiagonal"] = Json.Number(layer.Uncertainty.GradientDiagonal),
            ["gradientOffDiagonal"] = Json.Number(layer.Uncertainty.GradientOffDiagonal),
        },
    };
}
