namespace Hybrid.Import.Records;

/// <summary>An architecture record under construction: starts from a finished one and takes one field at a time.</summary>
internal sealed class ArchitectureDraft
{
    public ArchitectureDraft(Architecture start)
    {
        Name = start.Name;
        Tokens = start.Tokens;
        Depth = start.Depth;
        Width = start.Width;
        Heads = start.Heads;
        MlpWidth = start.MlpWidth;
        Activation = start.Activation;
        Gated = start.Gated;
        Norm = start.Norm;
        Mask = start.Mask;
        AttentionSkip = start.Attention.Skip;
        AttentionBranch = start.Attention.Branch;
        LogitStd = start.Attention.LogitStd;
        ValueStd = start.Attention.ValueStd;
        MlpSkip = start.Mlp.Skip;
        MlpBranch = start.Mlp.Branch;
        InStd = start.Mlp.InStd;
        BiasStd = start.Mlp.BiasStd;
        OutStd = start.Mlp.OutStd;
        InputNorm = start.Input.Norm;
        InputCorrelation = start.Input.Correlation;
    }

    public string Name { get; set; }

    public int Tokens { get; set; }

    public int Depth { get; set; }

    public int Width { get; set; }

    public int Heads { get; set; }

    public int MlpWidth { get; set; }

    public Activation Activation { get; set; }

    public bool Gated { get; set; }

    public Norm Norm { get; set; }

    public Mask Mask { get; set; }

    public Schedule AttentionSkip { get; set; }

    public Schedule AttentionBranch { get; set; }

    public double LogitStd { get; set; }

    public double ValueStd { get; set; }

    public Schedule MlpSkip { get; set; }

    public Schedule MlpBranch { get; set; }

    public double InStd { get; set; }

    public double BiasStd { get; set; }

    public double OutStd { get; set; }

    public double InputNorm { get; set; }

    public double InputCorrelation { get; set; }

    /// <summary>The record as drafted, not validated.</summary>
    public Architecture Build() => new(
        Name,
        Tokens,
        Depth,
        Width,
        Heads,
        MlpWidth,
        Activation,
        Gated,
        Norm,
        Mask,
        new AttentionParameters(AttentionSkip, AttentionBranch, LogitStd, ValueStd),
        new MlpParameters(MlpSkip, MlpBranch, InStd, BiasStd, OutStd),
        new InputParameters(InputNorm, InputCorrelation));
}
