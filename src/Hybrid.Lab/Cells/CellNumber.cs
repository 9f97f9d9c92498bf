using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Hybrid.Lab.Statistics;

namespace Hybrid.Lab.Cells;

/// <summary>Numbers of cells as JSON that come back bit by bit; those that are not finite are words.</summary>
public static class CellNumber
{
    /// <summary>A number.</summary>
    public static JsonNode ToNode(double value) =>
        double.IsFinite(value) ? JsonValue.Create(value) : JsonValue.Create(value.ToString(CultureInfo.InvariantCulture));

    /// <summary>[mean, standard error, samples].</summary>
    public static JsonNode ToNode(Estimate value) => new JsonArray(ToNode(value.Mean), ToNode(value.StandardError), value.Samples);

    /// <summary>The number of <see cref="ToNode(double)"/>.</summary>
    public static double Of(JsonNode? node) => node!.GetValueKind() == JsonValueKind.String
        ? double.Parse(node.GetValue<string>(), CultureInfo.InvariantCulture)
        : node.GetValue<double>();

    /// <summary>The estimate of <see cref="ToNode(Estimate)"/>.</summary>
    public static Estimate EstimateOf(JsonNode? node) => new(Of(node![0]), Of(node[1]), node[2]!.GetValue<int>());
}
