using System.Text.Json.Nodes;
using Hybrid.Cli.Output;
using Hybrid.Import.Json;
using Hybrid.Import.Records;
using Hybrid.Lab.Statistics;

namespace Hybrid.Cli.Verbs;

/// <summary>A measurement as JSON; the field names are the command's contract.</summary>
internal static class MeasurementJson
{
    public static JsonObject ToNode(Measurement measurement, RunHeader header, double seconds) => new()
    {
        ["run"] = header.ToNode(),
        ["architecture"] = ArchitectureJson.ToNode(measurement.Architecture),
        ["engine"] = measurement.Engine,
        ["samples"] = measurement.Samples,
        ["seed"] = measurement.Seed,
        ["seconds"] = JsonNumber.OrNull(Math.Round(seconds, 3)),
        ["layers"] = new JsonArray([.. measurement.Layers.Select(Layer)]),
    };

    /// <summary>{mean, standardError}.</summary>
    public static JsonNode Estimate(Estimate estimate) => new JsonObject
    {
        ["mean"] = JsonNumber.OrNull(estimate.Mean),
        ["standardError"] = JsonNumber.OrNull(estimate.StandardError),
    };

    /// <summary>One layer's estimates.</summary>
    public static JsonNode Layer(LayerMeasurement layer) => new JsonObject
    {
        ["layer"] = layer.Layer,
        ["q"] = Estimate(layer.Q),
        ["p"] = Estimate(layer.P),
        ["rho"] = Estimate(layer.Rho),
        ["u"] = Estimate(layer.U),
        ["gradientDiagonal"] = Estimate(layer.GradientDiagonal),
        ["gradientOffDiagonal"] = Estimate(layer.GradientOffDiagonal),
    };
}
