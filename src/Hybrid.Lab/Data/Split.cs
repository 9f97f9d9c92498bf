namespace Hybrid.Lab.Data;

/// <summary>What a sequence is drawn for. The three parts of a source share no sequence.</summary>
public enum Split
{
    /// <summary>What a network is trained on.</summary>
    Train,

    /// <summary>What it is evaluated on while it is trained.</summary>
    Validation,

    /// <summary>What neither training nor its evaluations touch.</summary>
    Test,
}
