using Hybrid.Architectures;

namespace Hybrid.Import.Records;

/// <summary>The first blocks of an architecture.</summary>
internal static class ArchitectureDepth
{
    /// <summary>
    /// The first <paramref name="depth"/> blocks: what has one value for each layer keeps those of these layers. The architecture itself
    /// where it has no more of them than that, or a list of another length than its depth, which validation names.
    /// </summary>
    public static Architecture Shortened(Architecture architecture, int depth)
    {
        int whole = architecture.Depth;
        if (depth < 1 || depth >= whole)
            return architecture;
        AttentionParameters attention = architecture.Attention;
        MlpParameters mlp = architecture.Mlp;
        HeadParameters head = attention.Head;
        Experts? experts = mlp.Experts?.Value;
        return architecture.With(
            depth: depth,
            normGain: First(architecture.NormGain),
            mask: architecture.Mask is Mask.PerLayer masks && masks.Item.Length == whole
                ? Mask.NewPerLayer(masks.Item[..depth]).Within(architecture.Tokens)
                : architecture.Mask,
            attention: attention.With(
                skip: First(attention.Skip),
                branch: First(attention.Branch),
                head: new HeadParameters(
                    head.Width,
                    head.KeyValueHeads,
                    head.Positions is Positions.PerLayer positions && positions.Item.Length == whole
                        ? Positions.NewPerLayer(positions.Item[..depth])
                        : head.Positions,
                    head.QueryKeyNorm,
                    First(head.LogitScale),
                    head.SoftCap,
                    head.Sink)),
            mlp: mlp.With(
                skip: First(mlp.Skip),
                branch: First(mlp.Branch),
                experts: experts is null ? null! : new Experts(
                    experts.Count,
                    experts.Active,
                    experts.Gate,
                    experts.RouterStd,
                    experts.Scale,
                    experts.Shared,
                    Math.Min(experts.Dense, depth))));

        Schedule First(Schedule schedule) => schedule is Schedule.PerLayer layers && layers.Item.Length == whole
            ? Schedule.NewPerLayer(layers.Item[..depth])
            : schedule;
    }
}
