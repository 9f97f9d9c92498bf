using Hybrid.Architectures;
using Hybrid.Networks.Engines;

namespace Hybrid.Lab.Statistics;

/// <summary>What an engine measured on an ensemble of random networks of one architecture.</summary>
/// <param name="Architecture">The architecture that was drawn.</param>
/// <param name="Engine">The engine's name.</param>
/// <param name="Seed">The ensemble's seed; together with the sample's number it determines each network.</param>
/// <param name="Samples">N, networks drawn.</param>
/// <param name="Layers">layer 0..depth.</param>
public sealed record Measurement(
    Architecture Architecture,
    string Engine,
    ulong Seed,
    int Samples,
    IReadOnlyList<LayerMeasurement> Layers)
{
    /// <summary>Reduces observables[sample][layer], layer 0..depth, to estimates; needs at least one sample.</summary>
    public static Measurement Of(
        Architecture architecture,
        string engine,
        ulong seed,
        IReadOnlyList<LayerObservables[]> observables)
    {
        ArgumentOutOfRangeException.ThrowIfZero(observables.Count);
        LayerMeasurement[] layers = new LayerMeasurement[architecture.Depth + 1];
        double[] column = new double[observables.Count];
        for (int layer = 0; layer < layers.Length; layer++)
        {
            Estimate Reduce(Func<LayerObservables, double> select)
            {
                for (int sample = 0; sample < column.Length; sample++)
                    column[sample] = select(observables[sample][layer]);
                return Estimate.Of(column);
            }

            layers[layer] = new(
                layer,
                Reduce(item => item.Q),
                Reduce(item => item.P),
                Reduce(item => item.Rho),
                Reduce(item => item.U),
                Reduce(item => item.GradientDiagonal),
                Reduce(item => item.GradientOffDiagonal));
        }

        return new(architecture, engine, seed, observables.Count, layers);
    }
}

/// <summary>One layer's observables over an ensemble of networks; symbols as in derivation section 1, all dimensionless.</summary>
/// <param name="Layer">0..depth: the residual stream at the input of block layer + 1 (depth: at the output).</param>
/// <param name="Q">q, squared norm per coordinate.</param>
/// <param name="P">p, overlap of two different tokens per coordinate.</param>
/// <param name="Rho">ρ = p/q, correlation of two different tokens, averaged over networks after the division.</param>
/// <param name="U">u = 1 − ρ, from each network's own difference q − p.</param>
/// <param name="GradientDiagonal">g_d, squared gradient per coordinate.</param>
/// <param name="GradientOffDiagonal">g_o, overlap of two different tokens' gradients per coordinate.</param>
public sealed record LayerMeasurement(
    int Layer,
    Estimate Q,
    Estimate P,
    Estimate Rho,
    Estimate U,
    Estimate GradientDiagonal,
    Estimate GradientOffDiagonal);
