using System.Text.Json.Nodes;
using Hybrid.Cli.Output;
using Hybrid.Import.Json;
using Hybrid.Import.Records;
using Hybrid.Lab.Probes;
using Hybrid.Lab.Statistics;

namespace Hybrid.Cli.Verbs;

/// <summary>A probe as JSON.</summary>
internal static class ProbeJson
{
    public static JsonObject ToNode(IReadOnlyList<ProbeResult> shown, IReadOnlyList<ProbeResult> course, RunHeader header)
    {
        JsonObject root = new() { ["run"] = header.ToNode() };
        foreach ((string key, JsonNode? value) in Network(shown[0]).ToArray())
            root[key] = value?.DeepClone();
        if (shown.Count > 1)
            root["compared"] = Network(shown[1]);
        root["course"] = new JsonArray([.. course.Select(result => (JsonNode)new JsonObject
        {
            ["step"] = result.Step,
            ["loss"] = JsonNumber.OrNull(result.Loss),
            ["growth"] = JsonNumber.OrNull(result.Growth?.Percent ?? double.NaN),
            ["norms"] = Json.Numbers(result.Boundaries.Select(boundary => boundary.Norm)),
        })]);
        return root;
    }

    private static JsonObject Network(ProbeResult result) => new()
    {
        ["name"] = result.Name,
        ["description"] = result.Description,
        ["step"] = result.Step,
        ["architecture"] = ArchitectureJson.ToNode(result.Blocks),
        ["input"] = new JsonObject
        {
            ["sequences"] = result.Input.Batch.Sequences,
            ["tokens"] = result.Input.Batch.Tokens,
            ["source"] = result.Input.Description,
            ["lossOf"] = result.Input.Loss,
        },
        ["loss"] = JsonNumber.OrNull(result.Loss),
        ["verdict"] = new JsonArray([.. ProbeTables.Sentences(result).Select(sentence => (JsonNode)sentence)]),
        ["growth"] = result.Growth is null ? null : Growth(result, result.Growth),
        ["overIndependent"] = JsonNumber.OrNull(result.OverIndependent),
        ["oddLayers"] = new JsonArray([.. ProbeVerdict.Odd(result).Select(item =>
            (JsonNode)new JsonObject { ["layer"] = item.Layer, ["why"] = item.Why })]),
        ["theory"] = result.Theory.Source,
        ["layers"] = new JsonArray([.. Enumerable.Range(0, result.Depth + 1).Select(layer => (JsonNode)Layer(result, layer))]),
        ["surroundings"] = Weights(result.Weights[0]),
        ["notes"] = new JsonArray([.. result.Notes.Select(note => (JsonNode)note)]),
        ["seconds"] = JsonNumber.OrNull(result.Seconds),
    };

    private static JsonObject Growth(ProbeResult result, GrowthComparison growth) => new()
    {
        ["firstLayer"] = result.First,
        ["lastLayer"] = result.Last,
        ["percentPerLayer"] = JsonNumber.OrNull(growth.Percent),
        ["interval95"] = Json.Numbers([growth.Interval.Low, growth.Interval.High]),
        ["best"] = Word(growth.Best),
        ["forms"] = new JsonArray([.. GrowthComparison.Forms.Select(form => (JsonNode)new JsonObject
        {
            ["form"] = Word(form),
            ["coefficients"] = Json.Numbers(growth.Fit(form).Coefficients),
            ["residual"] = JsonNumber.OrNull(growth.Fit(form).Residual),
            ["informationCriterion"] = JsonNumber.OrNull(growth.Fit(form).InformationCriterion),
        })]),
    };

    private static string Word(GrowthForm form) => form switch
    {
        GrowthForm.Exponential => "exponential",
        GrowthForm.Linear => "linear",
        GrowthForm.PowerLaw => "powerLaw",
        _ => "quadratic",
    };

    private static JsonObject Layer(ProbeResult result, int layer)
    {
        ProbeBoundary boundary = result.Boundaries[layer];
        JsonObject node = new()
        {
            ["layer"] = layer,
            ["q"] = JsonNumber.OrNull(boundary.Q),
            ["qOfPosition0"] = JsonNumber.OrNull(boundary.FirstQ),
            ["rho"] = JsonNumber.OrNull(1 - boundary.U),
            ["u"] = JsonNumber.OrNull(boundary.U),
            ["coordinateVariance"] = JsonNumber.OrNull(boundary.CoordinateVariance),
            ["tokenVariance"] = JsonNumber.OrNull(boundary.TokenVariance),
            ["effectiveRank"] = JsonNumber.OrNull(boundary.EffectiveRank),
            ["largest"] = JsonNumber.OrNull(boundary.Largest),
            ["largestOverMedian"] = JsonNumber.OrNull(boundary.Massive),
            ["largestPosition"] = boundary.LargestAt.Position,
            ["largestCoordinate"] = boundary.LargestAt.Coordinate,
            ["largestNorm"] = JsonNumber.OrNull(boundary.LargestNorm),
            ["bound"] = JsonNumber.OrNull(result.Bounds is null ? double.NaN : result.Bounds.Norms[layer] * Math.Sqrt(result.Blocks.Width)),
            ["gradient"] = JsonNumber.OrNull(boundary.Gradient),
            ["theoryQ"] = JsonNumber.OrNull(result.Theory.IsThere ? result.Theory.Q[layer] : double.NaN),
            ["theoryU"] = JsonNumber.OrNull(result.Theory.IsThere ? result.Theory.U[layer] : double.NaN),
        };
        if (layer == 0)
            return node;
        ProbeAttention heads = result.Heads[layer - 1];
        node["attention"] = Branch(result.Attention[layer - 1]);
        node["mlp"] = Branch(result.Mlp[layer - 1]);
        node["entropy"] = JsonNumber.OrNull(heads.Entropy);
        node["largestEntropy"] = JsonNumber.OrNull(heads.Allowed);
        node["participation"] = JsonNumber.OrNull(heads.Participation);
        node["onPosition0"] = JsonNumber.OrNull(heads.OnFirst);
        node["weights"] = Weights(result.Weights[layer]);
        if (result.Exponents.Length == 0)
            return node;
        node["exponents"] = Json.Numbers(result.Exponents[layer - 1].Select(exponent => exponent.Mean));
        node["backwardExponents"] = Json.Numbers(result.BackwardExponents[layer - 1].Select(exponent => exponent.Mean));
        return node;
    }

    private static JsonObject Branch(ProbeBranch branch) =>
        new() { ["q"] = JsonNumber.OrNull(branch.Q), ["correlation"] = JsonNumber.OrNull(branch.Correlation) };

    private static JsonObject Weights(IEnumerable<ProbeWeight> weights) => new(weights.Select(weight =>
        KeyValuePair.Create(weight.Name, (JsonNode?)new JsonObject
        {
            ["rms"] = JsonNumber.OrNull(weight.Size),
            ["gradient"] = JsonNumber.OrNull(weight.Gradient),
            ["operatorNorm"] = JsonNumber.OrNull(weight.OperatorNorm),
        })));
}
