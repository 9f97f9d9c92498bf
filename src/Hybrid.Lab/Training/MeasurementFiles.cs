using System.Text.Json;
using System.Text.Json.Nodes;
using Hybrid.Architectures;
using Hybrid.Import.Files;
using Hybrid.Import.Json;
using Hybrid.Networks.Measurements;
using Hybrid.Networks.Tangents;

namespace Hybrid.Lab.Training;

/// <summary>
/// What was measured of a run's network, one JSON file for each measured step: measurements/step-000000123.json. A file is a
/// function of the network at that step, so a run that resumes writes the same bytes again.
/// </summary>
public sealed class MeasurementFiles
{
    private const int Format = 1;

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, IndentSize = 1, NewLine = "\n" };

    private readonly string _folder;

    /// <summary>The measurements of the run in a folder.</summary>
    public MeasurementFiles(string run) => _folder = Path.Combine(run, FolderName);

    /// <summary>The folder's name within the run's.</summary>
    internal const string FolderName = "measurements";

    /// <summary>The file of a step.</summary>
    public string PathOf(int step) => Path.Combine(_folder, $"step-{step:000000000}.json");

    /// <summary>Writes a measurement, replacing one of the same step.</summary>
    /// <exception cref="InputException">It cannot be written.</exception>
    public void Write(int step, Architecture architecture, NetworkMeasurement measurement)
    {
        RunFile.Do(_folder, "made", () => DurableFolder.Make(_folder));
        AtomicFile.WriteText(PathOf(step), ToNode(step, architecture, measurement).ToJsonString(Indented) + "\n");
    }

    /// <summary>The measurement of a step as it was written, or null where there is none.</summary>
    /// <exception cref="InputException">It cannot be read.</exception>
    public JsonObject? Read(int step)
    {
        string path = PathOf(step);
        return !File.Exists(path) ? null : RunFile.Do(path, "read", () => Parse(path));
    }

    /// <summary>The steps that were measured, ascending.</summary>
    public IReadOnlyList<int> Steps => !Directory.Exists(_folder) ? [] :
    [
        .. Directory.EnumerateFiles(_folder, "step-*.json")
            .Select(path => int.TryParse(Path.GetFileNameWithoutExtension(path).AsSpan("step-".Length), out int step) ? step : -1)
            .Where(step => step >= 0)
            .Order(),
    ];

    /// <summary>Squared norms of the stream by layer, at both ends of the run and at some measured steps between.</summary>
    public IReadOnlyList<LayerNorms> Norms(int most)
    {
        IReadOnlyList<int> steps = Steps;
        IEnumerable<int> shown = steps.Count <= most ? steps
            : Enumerable.Range(0, most).Select(k => steps[(int)((long)k * (steps.Count - 1) / (most - 1))]);
        return [.. shown.Select(step => new LayerNorms(step, [.. Read(step)!["layers"]!.AsArray()
            .Select(layer => layer!["q"]?.GetValue<double>() ?? double.NaN)]))];
    }

    private static JsonObject Parse(string path)
    {
        try
        {
            return JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            throw new InputException(
                $"{path} is no measurement ({error.Message.TrimEnd('.')}); delete it, and it is written again where the run passes it",
                error);
        }
    }

    /// <summary>A measurement as JSON: boundaries 0..depth in "layers", the block that ends at a boundary with it from 1 on.</summary>
    internal static JsonObject ToNode(int step, Architecture architecture, NetworkMeasurement measurement) => new()
    {
        ["format"] = Format,
        ["step"] = step,
        ["loss"] = JsonNumber.OrNull(measurement.Loss),
        ["layers"] = new JsonArray([.. Enumerable.Range(0, architecture.Depth + 1).Select(layer => (JsonNode)Layer(layer, measurement))]),
    };

    private static JsonObject Layer(int layer, NetworkMeasurement measurement)
    {
        StreamMeasures stream = measurement.Pass.Streams[layer];
        JsonObject node = new()
        {
            ["layer"] = layer,
            ["q"] = JsonNumber.OrNull(stream.Q),
            ["p"] = JsonNumber.OrNull(stream.P),
            ["rho"] = JsonNumber.OrNull(stream.Rho),
            ["u"] = JsonNumber.OrNull(stream.U),
            ["meanAbsolute"] = JsonNumber.OrNull(stream.MeanAbsolute),
            ["coordinateVariance"] = JsonNumber.OrNull(stream.CoordinateVariance),
            ["dataVariance"] = JsonNumber.OrNull(stream.DataVariance),
            ["largestNorm"] = JsonNumber.OrNull(stream.LargestNorm),
        };
        if (measurement.Pass.Gradients.Length > 0)
        {
            node["gradientDiagonal"] = JsonNumber.OrNull(measurement.Pass.Gradients[layer].Diagonal);
            node["gradientOffDiagonal"] = JsonNumber.OrNull(measurement.Pass.Gradients[layer].OffDiagonal);
        }

        if (layer == 0)
            return node;
        int block = layer - 1;
        node["attention"] = Branch(measurement.Pass.Attention[block]);
        node["attention"]!["entropy"] = JsonNumber.OrNull(measurement.Pass.Entropy[block]);
        node["mlp"] = Branch(measurement.Pass.Mlp[block]);
        if (measurement.OperatorNorms.Length == 0)
            return node;
        node["operatorNorms"] = new JsonObject(
            measurement.OperatorNorms[block].Select(item => KeyValuePair.Create(item.Key, Norm(item.Value))));
        node["exponents"] = new JsonObject
        {
            ["forward"] = Exponents(measurement.Forward[block]),
            ["backward"] = Exponents(measurement.Backward[block]),
        };
        return node;
    }

    private static JsonObject Branch(BranchMeasures branch) =>
        new() { ["q"] = JsonNumber.OrNull(branch.Q), ["correlation"] = JsonNumber.OrNull(branch.Correlation) };

    private static JsonNode? Norm(OperatorNorm norm) =>
        new JsonObject { ["value"] = JsonNumber.OrNull(norm.Value), ["converged"] = norm.Converged };

    private static JsonArray Exponents(ExponentEstimate[] exponents) => new([.. exponents.Select(exponent =>
        (JsonNode)new JsonObject
        {
            ["mean"] = JsonNumber.OrNull(exponent.Mean),
            ["standardError"] = JsonNumber.OrNull(exponent.StandardError),
        })]);
}

/// <summary>Squared norms of the stream of one moment.</summary>
/// <param name="Step">Steps done.</param>
/// <param name="Squares">[layer]: q.</param>
public sealed record LayerNorms(int Step, IReadOnlyList<double> Squares);
