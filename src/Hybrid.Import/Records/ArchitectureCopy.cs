namespace Hybrid.Import.Records;

/// <summary>What C# lacks for the theory's record: a copy with some fields changed.</summary>
internal static class ArchitectureCopy
{
    /// <summary>The architecture with the fields that are given, and its own others.</summary>
    public static Architecture With(
        this Architecture a,
        int? depth = null,
        int? width = null,
        int? heads = null,
        int? mlpWidth = null,
        AttentionParameters? attention = null,
        MlpParameters? mlp = null,
        InputParameters? input = null) => new(
        a.Name,
        a.Tokens,
        depth ?? a.Depth,
        width ?? a.Width,
        heads ?? a.Heads,
        mlpWidth ?? a.MlpWidth,
        a.Activation,
        a.Gated,
        a.Norm,
        a.Mask,
        attention ?? a.Attention,
        mlp ?? a.Mlp,
        input ?? a.Input);
}
