using System.Globalization;
using System.Text.Json.Nodes;
using Hybrid.Architectures;
using Hybrid.Import.Json;
using Hybrid.Import.Records;
using Hybrid.Lab.Cells;
using Hybrid.Lab.Comparisons;
using Hybrid.Lab.Engines;
using Hybrid.Lab.Speed;
using Hybrid.Lab.Statistics;
using Hybrid.Theory;

namespace Hybrid.Lab.Checks;

/// <summary>
/// The ensembles of a check as cells, two for an architecture: at its own width and at the second one. What is compared comes back bit by
/// bit, so a check whose ensembles were measured apart reports what one in one piece does.
/// </summary>
public sealed class CheckWork : ICellWork
{
    /// <summary>The kind of its plans.</summary>
    public const string Kind = "check";

    private readonly CheckPlan _check;
    private readonly (Architecture Architecture, int First, int Samples)[] _ensembles;

    /// <summary>The ensembles of a plan.</summary>
    /// <param name="check">The plan; its threads and memory change no result.</param>
    /// <param name="version">The version of hybrid.</param>
    public CheckWork(CheckPlan check, string version)
    {
        _check = check;
        _ensembles = [.. check.Architectures.SelectMany(Ensembles)];
        Plan = new(Kind, version, check.Seed, _ensembles.Length, new()
        {
            ["architectures"] = new JsonArray([.. check.Architectures.Select(item => (JsonNode)ArchitectureJson.ToNode(item))]),
            ["engine"] = check.Engine.Name,
            ["device"] = check.Engine.Device,
            ["samples"] = check.Samples,
            ["familyWiseRate"] = check.FamilyWiseRate,
        });
        Cells = [.. _ensembles.Select((ensemble, number) => new CellTask(
            string.Create(CultureInfo.InvariantCulture, $"{number / 2} {ensemble.Architecture.Name}, width {ensemble.Architecture.Width}"),
            ensemble.Samples * NetworkOperations.Of(ensemble.Architecture),
            (long)Int128.Min(check.Engine.Bytes(ensemble.Architecture), long.MaxValue >> 1),
            context => Measure(ensemble, context)))];
    }

    /// <summary>The work of a plan of this kind.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="engines">The engines by name.</param>
    /// <exception cref="InputException">There is no such engine, or it runs elsewhere than the plan says.</exception>
    public static CheckWork Of(CellPlan plan, EngineCatalogue engines)
    {
        JsonObject question = plan.Question;
        EngineEntry engine = engines.Find(question["engine"]!.GetValue<string>());
        CheckPlan check = new(
            [.. question["architectures"]!.AsArray().Select((node, number) =>
                ArchitectureJson.Parse(node!.ToJsonString(), $"architecture {number}"))],
            engine, question["samples"]!.GetValue<int>(), plan.Seed, 1, question["familyWiseRate"]!.GetValue<double>());
        CheckWork work = new(check, plan.Version);
        return work.Plan.Hash == plan.Hash
            ? work
            : throw new InputException($"the plan is of another check than this build has, {plan.DifferenceTo(work.Plan)}");
    }

    /// <summary>What is checked.</summary>
    public CheckPlan Check => _check;

    /// <inheritdoc/>
    public CellPlan Plan { get; }

    /// <inheritdoc/>
    public IReadOnlyList<CellTask> Cells { get; }

    /// <inheritdoc/>
    public int MostAtATime => _check.Engine.MostEngines;

    /// <inheritdoc/>
    public bool WantsGpu => _check.Engine.MostEngines == 1;

    /// <inheritdoc/>
    public string? Device => _check.Engine.Device;

    /// <summary>The report of merged cells.</summary>
    /// <param name="results">All of them, by number.</param>
    /// <param name="predict">The theory.</param>
    public CheckReport Report(IReadOnlyList<CellResult> results, Func<Architecture, Prediction> predict)
    {
        ComparisonOptions options = _check.Options;
        List<Comparison> comparisons = [.. _check.Architectures.Select((architecture, number) => Comparison.Of(
            predict(architecture), MeasurementOf(results[2 * number]), MeasurementOf(results[2 * number + 1]), options))];
        return Checks.Check.Report(_check, options, comparisons, results.Sum(result => result.Seconds));
    }

    // Other sample numbers at the second width: the two ensembles share no random number.
    private IEnumerable<(Architecture Architecture, int First, int Samples)> Ensembles(Architecture architecture)
    {
        yield return (architecture, 0, _check.Samples);
        yield return (SecondWidth.Of(architecture), _check.Samples, SecondWidth.Networks(architecture, _check.Samples));
    }

    private JsonObject Measure((Architecture Architecture, int First, int Samples) ensemble, CellContext context)
    {
        long memory = _check.Memory ?? EnsembleRun.MemoryOfCell(_check.Engine, ensemble.Architecture);
        Measurement measurement = new EnsembleRun(_check.Engine, context.Threads, _check.Seed, memory)
            .Measure(ensemble.Architecture, ensemble.First, ensemble.Samples, () => { }, context.Cancellation);
        if (measurement.Samples < ensemble.Samples)
            throw new OperationCanceledException(context.Cancellation);
        return new() { ["layers"] = new JsonArray([.. measurement.Layers.Select(Layer)]) };
    }

    private Measurement MeasurementOf(CellResult result)
    {
        (Architecture architecture, _, int samples) = _ensembles[result.Index];
        return new(architecture, _check.Engine.Name, _check.Seed, samples,
            [.. result.ToNode()["layers"]!.AsArray().Select((node, layer) => new LayerMeasurement(
                layer, CellNumber.EstimateOf(node![0]), CellNumber.EstimateOf(node[1]), CellNumber.EstimateOf(node[2]),
                CellNumber.EstimateOf(node[3]), CellNumber.EstimateOf(node[4]), CellNumber.EstimateOf(node[5])))]);
    }

    private static JsonNode Layer(LayerMeasurement layer) => new JsonArray(
        CellNumber.ToNode(layer.Q), CellNumber.ToNode(layer.P), CellNumber.ToNode(layer.Rho), CellNumber.ToNode(layer.U),
        CellNumber.ToNode(layer.GradientDiagonal), CellNumber.ToNode(layer.GradientOffDiagonal));
}
