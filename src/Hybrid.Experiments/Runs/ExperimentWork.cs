using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Hybrid.Experiments.Cells;
using Hybrid.Experiments.Designs;
using Hybrid.Import.Json;
using Hybrid.Lab.Cells;
using Hybrid.Lab.Engines;
using Hybrid.Lab.Training;

namespace Hybrid.Experiments.Runs;

/// <summary>The cells of an experiment in a folder that many machines share, and their way into its store.</summary>
public sealed class ExperimentWork : ICellWork
{
    /// <summary>The kind of its plans.</summary>
    public const string Kind = "experiment";

    private readonly string _registration;

    /// <summary>The cells of an experiment's plan.</summary>
    /// <param name="plan">The experiment, its scale and its seed.</param>
    /// <param name="version">The version of hybrid.</param>
    public ExperimentWork(ExperimentPlan plan, string version)
    {
        Experiment = plan;
        _registration = Registration.Text(plan);
        string name = plan.Experiment.Name;
        JsonObject question = new()
        {
            ["experiment"] = name,
            ["experimentVersion"] = plan.Experiment.Version,
            ["quick"] = plan.Scale == ExperimentScale.Quick,
            ["registered"] = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(_registration))),
        };
        plan.Engine?.Choice.AddTo(question);
        Plan = new(Kind, version, plan.Seed, plan.Design.Cells.Count, question);
        Cells = [.. plan.Design.Cells.Select(cell => new CellTask(cell.Key, cell.Cost, null, context =>
        {
            context.PrepareScratch();
            CellAttempt attempt = new(CellSeed.Of(plan.Seed, name, cell.Key), context.Scratch, context.Cancellation)
            {
                Engines = plan.Engines,
            };
            return JsonNode.Parse(cell.Measure(attempt).ToJson())!.AsObject();
        }))];
    }

    /// <summary>The experiment, its scale and its seed.</summary>
    public ExperimentPlan Experiment { get; }

    /// <inheritdoc/>
    public CellPlan Plan { get; }

    /// <inheritdoc/>
    public IReadOnlyList<CellTask> Cells { get; }

    /// <inheritdoc/>
    public int MostAtATime => Experiment.Engine?.Choice.Described.MostEngines ?? int.MaxValue;

    /// <inheritdoc/>
    public bool WantsGpu => Experiment.Engine is { Choice.WantsGpu: true };

    /// <inheritdoc/>
    public string? Device => Experiment.Engine?.Choice.DeviceName;

    /// <summary>The work of a plan of this kind.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="find">The experiment of a name.</param>
    /// <param name="engines">The engines of random networks.</param>
    /// <param name="trainers">The engines that train.</param>
    /// <exception cref="InputException">There is no such experiment, or it registers other hypotheses now.</exception>
    public static ExperimentWork Of(CellPlan plan, Func<string, IExperiment> find, EngineCatalogue engines, TrainerCatalogue trainers)
    {
        JsonObject question = plan.Question;
        ExperimentScale scale = question["quick"]!.GetValue<bool>() ? ExperimentScale.Quick : ExperimentScale.Full;
        IExperiment experiment = find(question["experiment"]!.GetValue<string>());
        ExperimentWork work = new(new(experiment, scale, plan.Seed, 1, ExperimentEngine.Of(question, engines, trainers)), plan.Version);
        return work.Plan.Hash == plan.Hash
            ? work
            : throw new InputException($"the plan is of another experiment than this build has, {plan.DifferenceTo(work.Plan)}");
    }

    /// <summary>Registers the hypotheses, at the time when the plan was laid down, and stores the cells that are not stored yet.</summary>
    /// <exception cref="InputException">The store holds other predictions, or another value of a cell.</exception>
    public void Store(IReadOnlyList<CellResult> results, CellStore store, DateTimeOffset planned)
    {
        ExperimentKey key = Experiment.Key;
        store.Register(key, Experiment.Scale, _registration, planned);
        Dictionary<string, string> known = store.Cells(key).ToDictionary(cell => cell.Cell, cell => cell.Values.ToJson());
        List<StoredCell> cells = [];
        foreach (CellResult result in results)
        {
            CellValues values = CellValues.FromJson(result.Values)
                ?? throw new InputException($"cell {result.Index} ({result.Key}): is no measurement of an experiment");
            if (!known.TryGetValue(result.Key, out string? stored))
                cells.Add(new(result.Key, values, result.Seconds));
            else if (stored != values.ToJson())
                throw new InputException($"cell {result.Index} ({result.Key}): the store has other values; merge into another folder");
        }

        store.InsertAll(key, cells);
    }
}
