using System.Text.Json.Nodes;
using Hybrid.Cli.Output;
using Hybrid.Import.Json;
using Hybrid.Import.Records;
using Hybrid.Theory;

namespace Hybrid.Cli.Verbs;

/// <summary>A prediction as JSON; the field names are the command's contract.</summary>
internal static class PredictionJson
{
    public static JsonObject ToNode(PredictionOutput output, RunHeader header)
    {
        JsonObject document = ToNode(output.Prediction, header);
        document["trainable"]!["caveats"] = new JsonArray([.. output.Caveats.Select(Caveat)]);
        document["modules"] = ModuleJson.Of(output.Modules);
        document["weightSteps"] = WeightTable.ToNode(output.Prediction);
        if (output.Trend is not null)
            document["widths"] = output.Trend.ToNode();
        return document;
    }

    private static JsonObject ToNode(Prediction prediction, RunHeader header) => new()
    {
        ["run"] = header.ToNode(),
        ["architecture"] = ArchitectureJson.ToNode(prediction.Architecture),
        ["angleExponent"] = JsonNumber.OrNull(prediction.AngleExponent),
        ["angleExponentAtDepth"] = JsonNumber.OrNull(prediction.AngleExponentAtDepth),
        ["gradientExponent"] = JsonNumber.OrNull(prediction.GradientExponent),
        ["differenceExponent"] = JsonNumber.OrNull(prediction.DifferenceExponent),
        ["phase"] = Words.Of(prediction.Phase),
        ["stationary"] = prediction.Stationary,
        ["fixedPoint"] = new JsonObject
        {
            ["q"] = JsonNumber.OrNull(prediction.FixedPoint.Q),
            ["rho"] = JsonNumber.OrNull(prediction.FixedPoint.Rho),
            ["converged"] = prediction.FixedPoint.Converged,
        },
        ["depthScales"] = new JsonObject
        {
            ["angle"] = JsonNumber.OrNull(prediction.DepthScales.Angle),
            ["gradient"] = JsonNumber.OrNull(prediction.DepthScales.Gradient),
        },
        ["trainable"] = Trainable(prediction.Trainability),
        ["layers"] = new JsonArray([.. prediction.Layers.Select(Layer)]),
        ["weightGradients"] = new JsonArray([.. prediction.Weights.Select((weights, index) => Weights(index + 1, weights))]),
        ["bounds"] = NormBounds.Of(prediction.Architecture).ToNode(),
    };

    /// <summary>The verdict at finite depth and the numbers that it is a function of.</summary>
    public static JsonObject Trainable(Trainability trainability) => new()
    {
        ["verdict"] = Words.Of(trainability.Verdict),
        ["reasons"] = new JsonArray([.. trainability.Reasons.Select(reason => (JsonNode)reason)]),
        ["angleSum"] = JsonNumber.OrNull(trainability.Sums.Angle),
        ["gradientSum"] = JsonNumber.OrNull(trainability.Sums.Gradient),
        ["streamGrowth"] = JsonNumber.OrNull(trainability.Sums.Growth),
        ["innerGradient"] = JsonNumber.OrNull(trainability.Sums.Inner),
        ["counted"] = JsonNumber.OrNull(trainability.Sums.Counted),
        ["countedError"] = JsonNumber.OrNull(trainability.CountedError),
        ["limits"] = new JsonObject
        {
            ["trainable"] = trainability.Limits.Trainable,
            ["untrainable"] = trainability.Limits.Untrainable,
        },
        ["diverges"] = trainability.Diverges,
        ["written"] = JsonNumber.OrNull(trainability.Written),
    };

    private static JsonNode Caveat(Caveat caveat) => new JsonObject
    {
        ["effect"] = VerdictText.Effect(caveat),
        ["lowest"] = JsonNumber.OrNull(caveat.Lowest),
        ["highest"] = JsonNumber.OrNull(caveat.Highest),
        ["text"] = caveat.Text,
    };

    /// <summary>‖∂L/∂W‖_F² of one block's weights.</summary>
    private static JsonNode Weights(int layer, ParameterGradientNorms weights) => new JsonObject
    {
        ["layer"] = layer,
        ["query"] = JsonNumber.OrNull(weights.Query),
        ["key"] = JsonNumber.OrNull(weights.Key),
        ["value"] = JsonNumber.OrNull(weights.Value),
        ["output"] = JsonNumber.OrNull(weights.Output),
        ["mlpIn"] = JsonNumber.OrNull(weights.MlpIn),
        ["mlpUp"] = JsonNumber.OrNull(weights.MlpUp),
        ["mlpBias"] = JsonNumber.OrNull(weights.MlpBias),
        ["mlpOut"] = JsonNumber.OrNull(weights.MlpOut),
    };

    private static JsonNode Layer(LayerPrediction layer) => new JsonObject
    {
        ["layer"] = layer.Layer,
        ["q"] = JsonNumber.OrNull(layer.Q),
        ["p"] = JsonNumber.OrNull(layer.P),
        ["rho"] = JsonNumber.OrNull(layer.Rho),
        ["u"] = JsonNumber.OrNull(layer.U),
        ["gradientDiagonal"] = JsonNumber.OrNull(layer.GradientDiagonal),
        ["gradientOffDiagonal"] = JsonNumber.OrNull(layer.GradientOffDiagonal),
        ["angleExponent"] = JsonNumber.OrNull(layer.AngleExponent),
        ["gradientExponent"] = JsonNumber.OrNull(layer.GradientExponent),
        ["standardErrors"] = new JsonObject
        {
            ["q"] = JsonNumber.OrNull(layer.Uncertainty.Q),
            ["p"] = JsonNumber.OrNull(layer.Uncertainty.P),
            ["u"] = JsonNumber.OrNull(layer.Uncertainty.U),
            ["gradientDiagonal"] = JsonNumber.OrNull(layer.Uncertainty.GradientDiagonal),
            ["gradientOffDiagonal"] = JsonNumber.OrNull(layer.Uncertainty.GradientOffDiagonal),
        },
    };
}
