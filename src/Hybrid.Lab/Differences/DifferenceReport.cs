namespace Hybrid.Lab.Differences;

/// <summary>Where two engines part, or that they do not.</summary>
/// <param name="Plan">What was run.</param>
/// <param name="Layers">Every block boundary in the order of the passes: streams 0..depth, gradients depth..0.</param>
/// <param name="Seconds">What it took.</param>
public sealed record DifferenceReport(DifferencePlan Plan, IReadOnlyList<LayerDifference> Layers, double Seconds)
{
    /// <summary>The first boundary beyond its tolerance, in the order in which the passes come to it; null where all agree.</summary>
    public LayerDifference? First => Layers.FirstOrDefault(layer => !layer.Agrees);

    /// <summary>The boundary whose entries use most of their tolerance.</summary>
    public LayerDifference Nearest => Layers.MaxBy(layer => layer.Entries / layer.Tolerance)!;

    /// <summary>Whether no boundary is beyond its tolerance.</summary>
    public bool Agrees => First is null;
}
