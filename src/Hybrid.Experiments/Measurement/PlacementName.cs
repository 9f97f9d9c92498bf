using Hybrid.Architectures;

namespace Hybrid.Experiments.Measurement;

/// <summary>Placements of the normalisation in the words of the architecture record: none, pre, post, peri, output.</summary>
internal static class PlacementName
{
    public static string Of(Placement norm) => norm.ToString();
}
