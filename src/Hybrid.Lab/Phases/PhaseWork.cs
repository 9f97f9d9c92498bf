using System.Text.Json.Nodes;
using Hybrid.Architectures;
using Hybrid.Import.Json;
using Hybrid.Import.Records;
using Hybrid.Lab.Cells;
using Hybrid.Lab.Checks;
using Hybrid.Lab.Comparisons;
using Hybrid.Lab.Engines;
using Hybrid.Lab.Statistics;
using Hybrid.Networks.Tangents;
using Hybrid.Theory;
using NetworkEnsemble = Hybrid.Networks.Engines.Ensemble;

namespace Hybrid.Lab.Phases;

/// <summary>The measured points of a phase diagram as cells: some 49 of them, spread over it.</summary>
public sealed class PhaseWork : ICellWork
{
    /// <summary>The kind of its plans.</summary>
    public const string Kind = "phase";

    /// <summary>Probability that a correct theory disagrees anywhere in a diagram; that of a check.</summary>
    public const double FamilyWiseRate = 0.01;

    // Points along an axis.
    private const int Side = 7;

    private readonly ulong _seed;
    private readonly Architecture[] _members;
    private readonly PhaseLaw _law;

    /// <summary>Plans to measure.</summary>
    /// <param name="architecture">The architecture whose other fields are held fixed.</param>
    /// <param name="x">The horizontal axis.</param>
    /// <param name="y">The vertical axis.</param>
    /// <param name="networks">
    /// Networks at each point at its own width, ≥ 2; <see cref="SecondWidth.Networks"/> at the second one.
    /// </param>
    /// <param name="seed">The ensemble's seed.</param>
    /// <param name="version">The version of hybrid.</param>
    /// <param name="makeLaw">The law of the architectures at the points; the theory's if null.</param>
    /// <param name="engine">What measures; null: networks without weights, as engine conditioned has them.</param>
    /// <exception cref="InputException">
    /// The networks have a causal mask, under which equal tokens do not stay equal positions, or no skip around attention, or norms leave
    /// double precision at a point.
    /// </exception>
    public PhaseWork(
        Architecture architecture,
        PhaseAxis x,
        PhaseAxis y,
        int networks,
        ulong seed,
        string version,
        Func<IEnumerable<Architecture>, PhaseLaw>? makeLaw = null,
        EngineChoice? engine = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(networks, 2);
        if (!Features.AreClosed(architecture))
        {
            throw new InputException("--measure: networks are measured without a mask and with plain heads, "
                + $"and '{architecture.Name}' has other ones; "
                + "give --set mask=none and the like, or leave --measure out");
        }

        if (engine is { Described.Line: null })
            throw new InputException($"--engine {engine.Name} follows no differences between tokens, which --measure does");
        (Architecture, X, Y, Networks, _seed, Engine) = (architecture, x, y, networks, seed, engine);
        int[] columns = Spread(x.Count), rows = Spread(y.Count);
        Places = [.. rows.SelectMany(row => columns.Select(column => (x.Values[column], y.Values[row])))];
        _members = [.. Places.Select(place => ArchitectureModule.EnsureValid(PhaseGrid.At(architecture, x, place.X, y, place.Y)))];
        if (_members.Any(member => member.Wiring.IsSequential && member.Attention.Skip.Values.Contains(0)))
        {
            throw new InputException("--measure: without a skip around attention tokens are equal after one block, and there is no "
                + "difference between them to follow; give attention.skip other than 0, or leave --measure out");
        }

        PhaseLaw law = (makeLaw ?? PhaseLaw.Of)(_members);
        if (Array.FindIndex(_members, member => double.IsNaN(law.OnLine(member).Angle)) is int divergent and >= 0)
        {
            throw new InputException(Invariant($"--measure: norms leave double precision at x={Places[divergent].X:R} y=")
                + Invariant($"{Places[divergent].Y:R}, and no network has exponents there; keep the axes below, or leave --measure out"));
        }

        _law = law;
        JsonObject question = new()
        {
            ["architecture"] = ArchitectureJson.ToNode(architecture),
            ["x"] = x.ToString(),
            ["y"] = y.ToString(),
            ["networks"] = networks,
            ["familyWiseRate"] = FamilyWiseRate,
        };
        engine?.AddTo(question);
        Plan = new(Kind, version, seed, Places.Count, question);
        Cells = [.. Places.Select((place, number) => new CellTask(
            Invariant($"x={place.X:R} y={place.Y:R}"), Cost(_members[number]), BytesOf(number),
            context => ToNode(Measure(context.Index, context.Threads, context.Cancellation))))];
    }

    /// <summary>The diagram's architecture.</summary>
    public Architecture Architecture { get; }

    /// <summary>The horizontal axis.</summary>
    public PhaseAxis X { get; }

    /// <summary>The vertical axis.</summary>
    public PhaseAxis Y { get; }

    /// <summary>Networks at each point at its own width.</summary>
    public int Networks { get; }

    /// <inheritdoc/>
    public CellPlan Plan { get; }

    /// <inheritdoc/>
    public IReadOnlyList<CellTask> Cells { get; }

    /// <summary>What measures; null: networks without weights.</summary>
    public EngineChoice? Engine { get; }

    /// <inheritdoc/>
    public int MostAtATime => Engine?.Described.MostEngines ?? int.MaxValue;

    /// <inheritdoc/>
    public bool WantsGpu => Engine is { WantsGpu: true };

    /// <inheritdoc/>
    public string? Device => Engine?.DeviceName;

    /// <summary>Where networks are measured, row by row from the lower left.</summary>
    internal IReadOnlyList<(double X, double Y)> Places { get; }

    /// <summary>What is drawn at each point, in words.</summary>
    public string Ensembles
    {
        get
        {
            (int Width, int Other, int Count)[] kinds = [.. _members.Select(member =>
                (member.Width, SecondWidth.Of(member).Width, SecondWidth.Networks(member, Networks))).Distinct()];
            return kinds is [(int width, int other, int count)]
                ? Invariant($"{Networks} networks of width {width} and {count} of width {other}")
                : Invariant($"{Networks} networks of its width and up to {kinds.Max(kind => kind.Count)} of a second one");
        }
    }

    /// <summary>The work of a plan of this kind.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="engines">The engines by name.</param>
    /// <exception cref="InputException">The plan was made by a build that measured otherwise.</exception>
    public static PhaseWork Of(CellPlan plan, EngineCatalogue engines)
    {
        JsonObject question = plan.Question;
        PhaseWork work = new(
            ArchitectureJson.Parse(question["architecture"]!.ToJsonString(), "the plan"),
            PhaseAxis.Parse(question["x"]!.GetValue<string>(), "--x"),
            PhaseAxis.Parse(question["y"]!.GetValue<string>(), "--y"),
            question["networks"]!.GetValue<int>(),
            plan.Seed,
            plan.Version,
            engine: EngineChoice.Of(question, engines));
        return work.Plan.Hash == plan.Hash
            ? work
            : throw new InputException($"the plan is of other points than this build measures, {plan.DifferenceTo(work.Plan)}");
    }

    /// <summary>The measurement that merged cells make.</summary>
    public PhaseMeasurement Measurement(IReadOnlyList<CellResult> results) =>
        new(Networks, FamilyWiseRate, [.. results.Select(result => Judge(result.Index, FromNode(result.ToNode())))]);

    /// <summary>How many points are measured at a time on so many threads.</summary>
    /// <exception cref="InputException">Memory does not hold the networks of one.</exception>
    public int PointsAtATime(int threads)
    {
        long? given = Engine?.Device.Memory;
        long memory = given ?? EnsembleRun.UsualMemory;
        Int128 bytes = Enumerable.Range(0, Places.Count).Max(number => BytesOf(number) ?? 0);
        return bytes <= memory
            ? NetworkEnsemble.ThreadsWithin(memory, bytes, Math.Min(threads, MostAtATime))
            : throw new InputException($"engine {Engine!.Name} does not fit into memory: a network of a point takes "
                + $"{MemorySize.Text(bytes)}, and {MemorySize.Text(memory)} are allowed{(given is null ? ", half of what there is" : "")}; "
                + "allow more with --memory, or give --engine conditioned, or a smaller --set width=… or depth=…");
    }

    /// <summary>Draws and measures the networks of a point at both widths.</summary>
    internal MeasuredExponents Measure(int number, int threads, CancellationToken cancellation = default)
    {
        // The second ensemble has other sample numbers: the two share no random number.
        Architecture member = _members[number];
        (Estimate angle, Estimate gradient) = Ensemble(member, 0, Networks, threads, cancellation);
        (Estimate otherAngle, Estimate otherGradient) =
            Ensemble(SecondWidth.Of(member), Networks, SecondWidth.Networks(member, Networks), threads, cancellation);
        return new(angle, otherAngle, gradient, otherGradient);
    }

    /// <summary>Holds what was measured at a point against the theory.</summary>
    internal MeasuredPoint Judge(int number, MeasuredExponents measured)
    {
        Architecture architecture = _members[number];
        int width = architecture.Width, otherWidth = SecondWidth.Of(architecture).Width;
        ComparisonOptions options = ComparisonOptions.ForFamily(FamilyWiseRate, 2 * Places.Count);
        PhasePoint predicted = _law.OnLine(architecture);
        (double x, double y) = Places[number];
        return new(
            x,
            y,
            ExponentComparison.Of(
                predicted.Angle, architecture.Depth, measured.Angle, width, measured.OtherAngle, otherWidth, options),
            ExponentComparison.Of(
                predicted.Gradient, architecture.Depth, measured.Gradient, width, measured.OtherGradient, otherWidth, options));
    }

    private (Estimate Angle, Estimate Gradient) Ensemble(
        Architecture member, int first, int networks, int threads, CancellationToken cancellation)
    {
        Architecture architecture = StationaryNorm.Of(member);
        using ILineEngine engine = Engine?.Found.Line!.Create(architecture, threads)
            ?? new LineExponents(architecture, Math.Min(LineExponents.StandardDifferences, Math.Max(1, architecture.Width - 1)));
        LineSample[] samples = [.. Enumerable.Range(0, networks).Select(_ => new LineSample(architecture.Depth))];
        for (int sample = 0; sample < networks; sample += engine.BatchSize)
        {
            cancellation.ThrowIfCancellationRequested();
            engine.Run(_seed, first + sample, samples.AsSpan(sample, Math.Min(engine.BatchSize, networks - sample)));
        }

        return (
            Estimate.Of([.. samples.Select(sample => sample.Angle.Average())]),
            Estimate.Of([.. samples.Select(sample => sample.Gradient.Average())]));
    }

    /// <summary>Indices of the middles of at most <see cref="Side"/> equal parts.</summary>
    private static int[] Spread(int count) =>
        [.. Enumerable.Range(0, Math.Min(Side, count)).Select(part => (2 * part + 1) * count / (2 * Math.Min(Side, count)))];

    // Networks without weights cost as their width, those with weights as its square.
    private double Cost(Architecture member) => member.Depth * (PerNetwork(member.Width)
        + (double)SecondWidth.Networks(member, Networks) / Networks * PerNetwork(SecondWidth.Of(member).Width));

    private double PerNetwork(double width) => Engine is null ? width : width * width;

    private long? BytesOf(int number) => Engine?.Described.Line is { } line
        ? (long)Int128.Min(line.Bytes(_members[number]), long.MaxValue >> 1)
        : null;

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);

    private static JsonObject ToNode(MeasuredExponents measured) => new()
    {
        ["angle"] = CellNumber.ToNode(measured.Angle),
        ["otherAngle"] = CellNumber.ToNode(measured.OtherAngle),
        ["gradient"] = CellNumber.ToNode(measured.Gradient),
        ["otherGradient"] = CellNumber.ToNode(measured.OtherGradient),
    };

    private static MeasuredExponents FromNode(JsonObject node) => new(
        CellNumber.EstimateOf(node["angle"]),
        CellNumber.EstimateOf(node["otherAngle"]),
        CellNumber.EstimateOf(node["gradient"]),
        CellNumber.EstimateOf(node["otherGradient"]));
}

/// <summary>What the networks of a point say of λ_a and λ_g, at the point's own width and at the second one.</summary>
internal readonly record struct MeasuredExponents(Estimate Angle, Estimate OtherAngle, Estimate Gradient, Estimate OtherGradient);
