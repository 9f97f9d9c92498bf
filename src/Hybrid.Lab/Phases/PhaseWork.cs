using System.Text.Json.Nodes;
using Hybrid.Architectures;
using Hybrid.Import.Json;
using Hybrid.Import.Records;
using Hybrid.Lab.Cells;
using Hybrid.Lab.Statistics;
using Hybrid.Networks.Tangents;
using Hybrid.Theory;

namespace Hybrid.Lab.Phases;

/// <summary>The measured points of a phase diagram as cells: some 49 of them, spread over it.</summary>
public sealed class PhaseWork : ICellWork
{
    /// <summary>The kind of its plans.</summary>
    public const string Kind = "phase";

    // Points along an axis.
    private const int Side = 7;

    private readonly int _networks;
    private readonly ulong _seed;
    private readonly Architecture[] _members;
    private readonly Lazy<PhaseLaw> _law;

    /// <summary>Plans to measure.</summary>
    /// <param name="architecture">The architecture whose other fields are held fixed.</param>
    /// <param name="x">The horizontal axis.</param>
    /// <param name="y">The vertical axis.</param>
    /// <param name="networks">Networks at each point, ≥ 2.</param>
    /// <param name="seed">The ensemble's seed.</param>
    /// <param name="version">The version of hybrid.</param>
    /// <exception cref="InputException">The networks have a causal mask: equal tokens do not stay equal positions there.</exception>
    public PhaseWork(Architecture architecture, PhaseAxis x, PhaseAxis y, int networks, ulong seed, string version)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(networks, 2);
        if (!Features.AreClosed(architecture))
        {
            throw new InputException("--measure: networks are measured without a mask and with plain heads, "
                + $"and '{architecture.Name}' has other ones; "
                + "give --set mask=none and the like, or leave --measure out");
        }

        (Architecture, X, Y, _networks, _seed) = (architecture, x, y, networks, seed);
        int[] columns = Spread(x.Count), rows = Spread(y.Count);
        Places = [.. rows.SelectMany(row => columns.Select(column => (x.Values[column], y.Values[row])))];
        _members = [.. Places.Select(place => ArchitectureModule.EnsureValid(PhaseGrid.At(architecture, x, place.X, y, place.Y)))];
        _law = new(() => PhaseLaw.Of(_members));
        Plan = new(Kind, version, seed, Places.Count, new()
        {
            ["architecture"] = ArchitectureJson.ToNode(architecture),
            ["x"] = x.ToString(),
            ["y"] = y.ToString(),
            ["networks"] = networks,
        });
        Cells = [.. Places.Select((place, number) => new CellTask(
            Invariant($"x={place.X:R} y={place.Y:R}"), Cost(_members[number]), null, context => ToNode(Measure(context.Index))))];
    }

    /// <summary>The diagram's architecture.</summary>
    public Architecture Architecture { get; }

    /// <summary>The horizontal axis.</summary>
    public PhaseAxis X { get; }

    /// <summary>The vertical axis.</summary>
    public PhaseAxis Y { get; }

    /// <inheritdoc/>
    public CellPlan Plan { get; }

    /// <inheritdoc/>
    public IReadOnlyList<CellTask> Cells { get; }

    /// <inheritdoc/>
    public int MostAtATime => int.MaxValue;

    /// <inheritdoc/>
    public bool WantsGpu => false;

    /// <inheritdoc/>
    public string? Device => null;

    /// <summary>Where networks are measured, row by row from the lower left.</summary>
    internal IReadOnlyList<(double X, double Y)> Places { get; }

    /// <summary>The work of a plan of this kind.</summary>
    public static PhaseWork Of(CellPlan plan)
    {
        JsonObject question = plan.Question;
        return new(
            ArchitectureJson.Parse(question["architecture"]!.ToJsonString(), "the plan"),
            PhaseAxis.Parse(question["x"]!.GetValue<string>(), "--x"),
            PhaseAxis.Parse(question["y"]!.GetValue<string>(), "--y"),
            question["networks"]!.GetValue<int>(),
            plan.Seed,
            plan.Version);
    }

    /// <summary>The measurement that merged cells make.</summary>
    public PhaseMeasurement Measurement(IReadOnlyList<CellResult> results) =>
        new(_networks, [.. results.Select(result => FromNode(result.ToNode()))]);

    /// <summary>Draws and measures the networks of a point.</summary>
    internal MeasuredPoint Measure(int number)
    {
        Architecture architecture = _members[number];
        using LineExponents exponents = new(StationaryNorm.Of(architecture), Math.Min(4, Math.Max(1, architecture.Width - 1)));
        double[] angle = new double[architecture.Depth], gradient = new double[architecture.Depth];
        double[] angles = new double[_networks], gradients = new double[_networks];
        for (int sample = 0; sample < _networks; sample++)
        {
            exponents.Run(_seed, sample, angle, gradient);
            (angles[sample], gradients[sample]) = (angle.Average(), gradient.Average());
        }

        PhasePoint predicted = _law.Value.OnLine(architecture);
        (double x, double y) = Places[number];
        return new(x, y, Estimate.Of(angles), predicted.Angle, Estimate.Of(gradients), predicted.Gradient);
    }

    /// <summary>Indices of the middles of at most <see cref="Side"/> equal parts.</summary>
    private static int[] Spread(int count) =>
        [.. Enumerable.Range(0, Math.Min(Side, count)).Select(part => (2 * part + 1) * count / (2 * Math.Min(Side, count)))];

    private static double Cost(Architecture architecture) => (double)architecture.Depth * architecture.Width;

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);

    private static JsonObject ToNode(MeasuredPoint point) => new()
    {
        ["x"] = CellNumber.ToNode(point.X),
        ["y"] = CellNumber.ToNode(point.Y),
        ["angle"] = CellNumber.ToNode(point.Angle),
        ["predictedAngle"] = CellNumber.ToNode(point.PredictedAngle),
        ["gradient"] = CellNumber.ToNode(point.Gradient),
        ["predictedGradient"] = CellNumber.ToNode(point.PredictedGradient),
    };

    private static MeasuredPoint FromNode(JsonObject node) => new(
        CellNumber.Of(node["x"]),
        CellNumber.Of(node["y"]),
        CellNumber.EstimateOf(node["angle"]),
        CellNumber.Of(node["predictedAngle"]),
        CellNumber.EstimateOf(node["gradient"]),
        CellNumber.Of(node["predictedGradient"]));
}
