using Hybrid.Architectures;
using Hybrid.Networks.Engines;
using Hybrid.Networks.Engines.Conditioned;
using Hybrid.Networks.Engines.Dense;
using Hybrid.Networks.Measurements;
using Hybrid.Networks.Tangents;
using Hybrid.Networks.Training;

namespace Hybrid.Experiments.Cells;

/// <summary>What measures an experiment's cells: all networks that a cell draws or trains, it has from here.</summary>
/// <param name="Networks">Random networks forwards and backwards, with the gradients of their weights.</param>
/// <param name="Weighted">The same of real weights, which do not change with their scale for one seed.</param>
/// <param name="Lines">Exponents at the line.</param>
/// <param name="Spectra">So many leading Lyapunov exponents of random networks.</param>
/// <param name="Trainers">Networks in training, as they begin.</param>
public sealed record CellEngines(
    Func<Architecture, INetworkEngine> Networks,
    Func<Architecture, INetworkEngine> Weighted,
    Func<Architecture, ILineEngine> Lines,
    Func<Architecture, int, ISpectrumEngine> Spectra,
    Func<TrainingOptions, IMeasuredTrainer> Trainers)
{
    /// <summary>Those of an experiment by itself, of one thread each: without weights where it can be, else dense.</summary>
    public static CellEngines Own { get; } = new(
        architecture => new ConditionedEngine(architecture),
        architecture => new DenseEngine(architecture, threads: 1),
        architecture => new LineExponents(architecture),
        (architecture, exponents) => new LyapunovSpectrum(architecture, exponents),
        options => new MeasuredTrainer(options, threads: 1));
}

/// <summary>What an experiment's cells ask of an engine.</summary>
[Flags]
public enum CellNeeds
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary><see cref="CellEngines.Networks"/>, without the gradients of weights.</summary>
    Networks = 1,

    /// <summary>The gradients of their weights.</summary>
    WeightGradients = 2,

    /// <summary><see cref="CellEngines.Weighted"/>.</summary>
    Weights = 4,

    /// <summary><see cref="CellEngines.Lines"/>.</summary>
    Lines = 8,

    /// <summary><see cref="CellEngines.Spectra"/>.</summary>
    Spectra = 16,

    /// <summary><see cref="CellEngines.Trainers"/>.</summary>
    Training = 32,
}
