using System.Globalization;
using Hybrid.Networks.Training;

namespace Hybrid.Experiments.NormPlacement;

/// <summary>
/// How a run is optimised: half a cosine down to a tenth, and no
/// clipping, so that what stability there is is the network's own.
/// </summary>
/// <param name="Kind">AdamW, or SGD with momentum 0.9, whose steps follow the size of the gradients.</param>
/// <param name="LearningRate">η at its peak.</param>
/// <param name="WarmupSteps">Steps of linear warm-up; 0 for none.</param>
/// <param name="WeightDecay">Of matrices, decoupled.</param>
internal sealed record OptimiserSetting(OptimiserKind Kind, double LearningRate, int WarmupSteps = 0, double WeightDecay = 0)
{
    /// <summary>Whether the first step takes the whole learning rate.</summary>
    public bool Abrupt => WarmupSteps == 0;

    /// <summary>Everything that differs between settings.</summary>
    public string Name => string.Create(
        CultureInfo.InvariantCulture,
        $"{NameOf(Kind)} {LearningRate}{(Abrupt ? "" : $", warm-up {WarmupSteps}")}{(WeightDecay > 0 ? $", decay {WeightDecay}" : "")}");

    public OptimiserOptions Options => new(
        Kind, LearningRate, WeightDecay: WeightDecay, WarmupSteps: WarmupSteps, ClipNorm: double.PositiveInfinity);

    /// <summary>An optimiser's name.</summary>
    public static string NameOf(OptimiserKind kind) => kind == OptimiserKind.Sgd ? "SGD" : "AdamW";
}
