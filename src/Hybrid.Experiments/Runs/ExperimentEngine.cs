using System.Text.Json.Nodes;
using Hybrid.Architectures;
using Hybrid.Experiments.Cells;
using Hybrid.Import.Json;
using Hybrid.Lab.Engines;
using Hybrid.Lab.Training;
using Hybrid.Networks.Engines;
using Hybrid.Networks.Measurements;

namespace Hybrid.Experiments.Runs;

/// <summary>The engine of an experiment's cells, where it is another than the experiment's own.</summary>
/// <param name="Choice">What measures random networks, and on which device; looked for where a cell is measured.</param>
/// <param name="Trainers">What trains, by name.</param>
public sealed record ExperimentEngine(EngineChoice Choice, TrainerCatalogue Trainers)
{
    private static readonly (CellNeeds Need, string Words)[] Words =
    [
        (CellNeeds.WeightGradients, "the gradients of random networks' weights"),
        (CellNeeds.Weights, "random networks of real weights"),
        (CellNeeds.Lines, "exponents at the line"),
        (CellNeeds.Spectra, "Lyapunov exponents of random networks"),
        (CellNeeds.Training, "training"),
    ];

    /// <summary>The name of the engine.</summary>
    public string Name => Choice.Name;

    /// <summary>Engine, precision and draw, on which results depend, unless they are the usual ones; of files and of the store.</summary>
    public string Label => Name + (Choice.Device.Precision is null or "single" ? "" : $"-{Choice.Device.Precision}")
        + (Choice.Device.DrawOnDevice ? "-device-draw" : "");

    /// <summary>Whether an experiment of such needs takes this engine by itself.</summary>
    public bool IsOwn(CellNeeds needs) =>
        (needs & (CellNeeds.Weights | CellNeeds.Training)) == 0 ? Name == Choice.Engines.Entries[0].Name
        : needs == CellNeeds.Training && Name == Trainers.Default;

    /// <summary>Refuses what the engine has not.</summary>
    /// <exception cref="InputException">There is no such engine, or it lacks one of the needs.</exception>
    public void EnsureOffers(CellNeeds needs, string experiment)
    {
        EngineEntry entry = Choice.Described;
        CellNeeds offered = CellNeeds.Networks
            | (entry.HasWeightGradients ? CellNeeds.WeightGradients : 0)
            | (entry.HasWeights ? CellNeeds.Weights : 0)
            | (entry.Line is null ? 0 : CellNeeds.Lines)
            | (entry.Spectrum is null ? 0 : CellNeeds.Spectra)
            | (Trainers.Entries.Any(trainer => trainer.Name == Name) ? CellNeeds.Training : 0);
        string[] missing = [.. Words.Where(item => (needs & ~offered).HasFlag(item.Need)).Select(item => item.Words)];
        if (missing.Length > 0)
        {
            throw new InputException($"--engine {Name}: {experiment} measures {string.Join(" and ", missing)}, which this engine has not; "
                + "leave --engine out, or give --engine torch");
        }
    }

    /// <summary>Engines of one thread each, on the device, which is looked for here and now.</summary>
    /// <exception cref="EngineMissingException">The engine cannot run on this machine, or the device is not there.</exception>
    /// <exception cref="InputException">There is no such engine, or it offers no such choice.</exception>
    public CellEngines Found()
    {
        EngineEntry entry = Choice.Found;
        INetworkEngine Networks(Architecture architecture) => entry.Create(architecture, 1);
        return new(
            Networks,
            Networks,
            architecture => entry.Line!.Create(architecture, 1),
            (architecture, exponents) => entry.Spectrum!(architecture, exponents, 1),
            options => (IMeasuredTrainer)Trainers.Find(Name, Choice.Device).Create(options, 1));
    }

    /// <summary>Reads what <see cref="EngineChoice.AddTo"/> wrote; null where a plan names no engine.</summary>
    internal static ExperimentEngine? Of(JsonObject question, EngineCatalogue engines, TrainerCatalogue trainers) =>
        EngineChoice.Of(question, engines) is { } choice ? new(choice, trainers) : null;
}
