using Hybrid.Architectures;
using Hybrid.Cli.Shared;
using Hybrid.Import.Json;
using Hybrid.Lab.Cells;
using Hybrid.Lab.Engines;
using Hybrid.Lab.Speed;
using Hybrid.Lab.Training;

namespace Hybrid.Cli.Verbs;

/// <summary>The points of a sweep as cells. Each is what predict, simulate or train says of that architecture alone.</summary>
internal sealed class SweepWork : ICellWork
{
    /// <summary>The kind of its plans.</summary>
    public const string Kind = "sweep";

    /// <summary>What can be done at a point.</summary>
    public static readonly IReadOnlyList<string> Actions = ["predict", "simulate", "train"];

    /// <summary>The engine that may run on a GPU.</summary>
    public const string TorchEngine = "torch";

    private readonly Session _session;

    // Points that differ in seed or optimiser share one: reading and checking it is most of what planning a point takes.
    private readonly Dictionary<string, Architecture> _architectures = [];

    /// <summary>Plans a sweep; every point is checked here.</summary>
    /// <exception cref="InputException">A point cannot be asked for.</exception>
    /// <exception cref="InvalidArchitectureException">A point is out of a field's range.</exception>
    public SweepWork(SweepQuestion question, string version, Session session)
    {
        (Question, _session) = (question, session);
        Points = question.Points();
        if (question.Training is null && question.Axes.SelectMany(axis => axis.Paths).FirstOrDefault(IsOptimiser) is string path)
            throw new InputException($"--axis {path} is for --do train, got --do {question.Do}");
        Plan = new(Kind, version, question.Seed, Points.Count, question.ToNode());
        Cells = [.. Points.Select(Cell)];
    }

    /// <summary>What is asked.</summary>
    public SweepQuestion Question { get; }

    /// <summary>What each point sets.</summary>
    public IReadOnlyList<IReadOnlyList<(string Path, string Value)>> Points { get; }

    /// <inheritdoc/>
    public CellPlan Plan { get; }

    /// <inheritdoc/>
    public IReadOnlyList<CellTask> Cells { get; }

    /// <inheritdoc/>
    public int MostAtATime => IsTorch ? 1 : int.MaxValue;

    /// <inheritdoc/>
    public bool WantsGpu => IsTorch && Question.Device.Device != DeviceChoice.Processor;

    /// <inheritdoc/>
    public string? Device => IsTorch ? _session.Engines.Find(TorchEngine, Question.Device).Device : null;

    private bool IsTorch => (Question.Engine ?? Question.Training?.Engine) == TorchEngine;

    /// <summary>The work of a plan of this kind.</summary>
    public static SweepWork Of(CellPlan plan, Session session) =>
        new(SweepQuestion.Of(plan.Question, plan.Seed), plan.Version, session);

    private static bool IsOptimiser(string path) => path.StartsWith(SweepAxis.Optimiser, StringComparison.Ordinal);

    private CellTask Cell(IReadOnlyList<(string Path, string Value)> point)
    {
        Architecture architecture = At(point);
        string key = SweepQuestion.KeyOf(point);
        ulong seed = Question.SeedAt(point);
        double work = NetworkOperations.Of(architecture);
        switch (Question.Do)
        {
            case "predict":
                return new(key, Math.Sqrt(work), 0, _ => SweepCells.Predict(architecture));
            case "simulate":
                EngineEntry entry = _session.Engines.Find(Question.Engine!);
                double cost = Question.Samples * (entry.Name == BuiltEngines.Catalogue.Entries[0].Name ? work / architecture.Width : work);
                return new(key, cost, Bytes(entry.Bytes(architecture)), context => SweepCells.Simulate(
                    _session.Engines.Find(Question.Engine!, Question.Device), architecture, Question.Samples, seed, context));
            case "train":
                TrainingPlan plan = Question.TrainingAt(point, architecture);
                double steps = 1.5 * plan.Options.Steps * plan.Options.Sequences;
                return new(key, work * steps, Bytes(_session.Trainers.Find(plan.Engine).Bytes(plan.Options, 1)), context =>
                    SweepCells.Train(_session.Trainers, plan, Question.Device, context));
            default:
                throw new InputException($"--do must be one of {string.Join(", ", Actions)}, got '{Question.Do}'");
        }
    }

    private Architecture At(IReadOnlyList<(string Path, string Value)> point)
    {
        string fields = SweepQuestion.KeyOf([.. point.Where(item => item.Path != SweepAxis.Seed && !IsOptimiser(item.Path))]);
        if (!_architectures.TryGetValue(fields, out Architecture? architecture))
            _architectures.Add(fields, architecture = Question.At(point));
        return architecture;
    }

    private static long Bytes(Int128 bytes) => (long)Int128.Min(bytes, long.MaxValue >> 1);
}
