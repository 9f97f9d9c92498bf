using Hybrid.Architectures;
using Hybrid.Lab.Statistics;
using Hybrid.Theory;

namespace Hybrid.Experiments.RankCollapse;

/// <summary>u = 1 − ρ of every layer as the theory has it, with the standard error of the theory itself.</summary>
/// <param name="U">Layer 0..depth.</param>
/// <param name="Spreads">Of size 0 where the maps are closed; of the mean over draws under a causal mask.</param>
internal sealed record PredictedAngles(IReadOnlyList<double> U, IReadOnlyList<Spread> Spreads)
{
    // More than Predict averages: here the theory's own error must stay below that of the measurement.
    private const int Draws = 32, Seed = 2403;

    public static PredictedAngles Of(Architecture architecture) =>
        architecture.Mask.IsCausal ? Causal(architecture) : Closed(architecture);

    private static PredictedAngles Closed(Architecture architecture)
    {
        LayerPrediction[] layers = Predict.Architecture(architecture).Layers;
        return new([.. layers.Select(layer => layer.U)], [.. layers.Select(_ => new Spread(0, double.PositiveInfinity))]);
    }

    private static PredictedAngles Causal(Architecture architecture)
    {
        int n = architecture.Tokens;
        GramLayer[][] draws = GramProcess.Draws(
            architecture, GramProcess.Allowed(n, architecture.Mask), GramProcess.SymmetricInput(architecture), Draws, Seed);
        Estimate[] layers =
            [.. Enumerable.Range(0, architecture.Depth + 1).Select(
                layer => Estimate.Of([.. draws.Select(draw => Angle(draw[layer].Hidden, n))]))];
        return new([.. layers.Select(layer => layer.Mean)], [.. layers.Select(layer => new Spread(layer.StandardError, Draws - 1))]);
    }

    private static double Angle(double[] gram, int n)
    {
        double diagonal = Enumerable.Range(0, n).Sum(i => gram[i * n + i]);
        double q = diagonal / n, p = (gram.Sum() - diagonal) / (n * (n - 1));
        return (q - p) / q;
    }
}
