namespace Hybrid.Networks.Engines;

/// <summary>One network of an ensemble, measured.</summary>
/// <param name="Sample">Its number.</param>
/// <param name="Layers">Layer 0..depth.</param>
/// <param name="WeightGradients">As <see cref="NetworkSample.WeightGradients"/>.</param>
public sealed record EnsembleMember(int Sample, LayerObservables[] Layers, double[][] WeightGradients)
{
    /// <summary>Reads a network off a buffer that may be used again.</summary>
    public static EnsembleMember Of(int number, NetworkSample sample)
    {
        LayerObservables[] layers = new LayerObservables[sample.Hidden.Length];
        for (int layer = 0; layer < layers.Length; layer++)
            layers[layer] = LayerObservables.Of(sample, layer);
        return new(number, layers, [.. sample.WeightGradients.Select(block => (double[])block.Clone())]);
    }
}
