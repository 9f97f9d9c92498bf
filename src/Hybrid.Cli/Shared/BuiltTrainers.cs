using Hybrid.Lab.Training;
using Hybrid.Networks.Training;

namespace Hybrid.Cli.Shared;

/// <summary>The engines of the command that train, the default first.</summary>
public static class BuiltTrainers
{
    /// <summary>The catalogue that hybrid train chooses from.</summary>
    public static readonly TrainerCatalogue Catalogue = new(
    [
        new TrainerEntry("dense", (options, threads) => new DenseTrainer(options, threads), DenseTrainer.Bytes),
        TorchEntries.Training,
    ]);
}
