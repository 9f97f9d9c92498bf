using Hybrid.Theory;

namespace Hybrid.Cli.Verbs;

/// <summary>A prediction with everything that is shown beside it.</summary>
/// <param name="Prediction">The prediction.</param>
/// <param name="Caveats">Of the prediction and of its import, ranked.</param>
/// <param name="Modules">Every block's activations; empty where nobody asked.</param>
/// <param name="Layers">Whether every layer is shown.</param>
/// <param name="Weights">Whether every module and weight matrix is shown.</param>
/// <param name="Trend">The coordinate check, or null.</param>
internal sealed record PredictionOutput(
    Prediction Prediction, Caveat[] Caveats, ModuleScales[] Modules, bool Layers, bool Weights, WidthTrend? Trend)
{
    /// <summary>The tables that were asked for, in the order in which they are shown.</summary>
    public IEnumerable<ReportTable> Tables()
    {
        if (Layers)
        {
            yield return PredictionTables.Layers(Prediction);
            yield return ModuleTables.Attention(Prediction.Architecture, Modules);
        }

        if (Weights)
        {
            yield return ModuleTables.Scales(Modules);
            yield return WeightTable.Of(Prediction);
        }

        if (Trend is not null)
            yield return Trend.Table();
    }
}
