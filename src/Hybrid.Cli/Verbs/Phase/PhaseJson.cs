using System.Text.Json.Nodes;
using Hybrid.Cli.Output;
using Hybrid.Import.Json;
using Hybrid.Import.Records;
using Hybrid.Lab.Phases;
using Hybrid.Lab.Statistics;
using Hybrid.Theory;

namespace Hybrid.Cli.Verbs;

/// <summary>A phase diagram as JSON: the axes, both exponents and ρ* row by row from the lowest y, both zero lines.</summary>
internal static class PhaseJson
{
    public static JsonObject ToNode(PhaseGrid grid, PhaseMeasurement? measurement, RunHeader header)
    {
        JsonObject node = Theory(grid, header);
        if (measurement is not null)
            node["measured"] = Measured(measurement);
        return node;
    }

    private static JsonObject Theory(PhaseGrid grid, RunHeader header) => new()
    {
        ["run"] = header.ToNode(),
        ["architecture"] = ArchitectureJson.ToNode(grid.Architecture),
        ["x"] = Axis(grid.X),
        ["y"] = Axis(grid.Y),
        ["angleExponent"] = Rows(grid, grid.Angle),
        ["gradientExponent"] = Rows(grid, grid.Gradient),
        ["rho"] = Rows(grid, grid.Correlation),
        ["angleZero"] = Zero(grid.AngleZero),
        ["gradientZero"] = Zero(grid.GradientZero),
    };

    private static JsonObject Measured(PhaseMeasurement measurement) => new()
    {
        ["networks"] = measurement.Networks,
        ["points"] = new JsonArray([.. measurement.Points.Select(point => (JsonNode)new JsonObject
        {
            ["x"] = JsonNumber.OrNull(point.X),
            ["y"] = JsonNumber.OrNull(point.Y),
            ["angleExponent"] = Exponent(point.Angle, point.PredictedAngle),
            ["gradientExponent"] = Exponent(point.Gradient, point.PredictedGradient),
        })]),
    };

    private static JsonObject Exponent(Estimate measured, double predicted) => new()
    {
        ["mean"] = JsonNumber.OrNull(measured.Mean),
        ["standardError"] = JsonNumber.OrNull(measured.StandardError),
        ["predicted"] = JsonNumber.OrNull(predicted),
    };

    private static JsonNode Axis(PhaseAxis axis) => new JsonObject
    {
        ["paths"] = new JsonArray([.. axis.Paths.Select(path => (JsonNode)path)]),
        ["values"] = Json.Numbers(axis.Values),
    };

    private static JsonArray Rows(PhaseGrid grid, double[,] values) => new(
    [
        .. Enumerable.Range(0, grid.Y.Count).Select(j => Json.Numbers(Enumerable.Range(0, grid.X.Count).Select(i => values[i, j]))),
    ]);

    private static JsonArray Zero(IReadOnlyList<ZeroLine> lines) => new(
    [
        .. lines.Select(line => new JsonArray([.. line.X.Zip(line.Y, (x, y) => Json.Numbers([x, y]))])),
    ]);
}
