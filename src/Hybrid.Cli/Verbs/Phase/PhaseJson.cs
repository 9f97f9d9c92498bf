using System.Text.Json.Nodes;
using Hybrid.Cli.Output;
using Hybrid.Import.Json;
using Hybrid.Import.Records;
using Hybrid.Lab.Comparisons;
using Hybrid.Lab.Phases;
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
        ["agreement"] = Words.Of(measurement.Agreement),
        ["comparisons"] = new JsonObject
        {
            ["agree"] = measurement.Count(Agreement.Agrees),
            ["disagree"] = measurement.Count(Agreement.Disagrees),
            ["inconclusive"] = measurement.Count(Agreement.Inconclusive),
        },
        ["familyWiseRate"] = measurement.FamilyWiseRate,
        ["points"] = new JsonArray([.. measurement.Points.Select(point => (JsonNode)new JsonObject
        {
            ["x"] = JsonNumber.OrNull(point.X),
            ["y"] = JsonNumber.OrNull(point.Y),
            ["angleExponent"] = Exponent(point.Angle),
            ["gradientExponent"] = Exponent(point.Gradient),
        })]),
    };

    private static JsonObject Exponent(ExponentComparison exponent) => new()
    {
        ["mean"] = JsonNumber.OrNull(exponent.Measured.Mean),
        ["standardError"] = JsonNumber.OrNull(exponent.Measured.StandardError),
        ["predicted"] = JsonNumber.OrNull(exponent.Prediction),
        ["finiteWidth"] = JsonNumber.OrNull(exponent.Extrapolation.FiniteWidth),
        ["curvature"] = JsonNumber.OrNull(exponent.Extrapolation.Curvature),
        ["extrapolated"] = JsonNumber.OrNull(exponent.Extrapolation.Value),
        ["extrapolatedError"] = JsonNumber.OrNull(exponent.Extrapolation.Spread.StandardError),
        ["tolerance"] = JsonNumber.OrNull(exponent.Tolerance),
        ["agreement"] = Words.Of(exponent.Agreement),
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
