namespace Hybrid.Lab.Comparisons;

/// <summary>What a comparison of theory with measurement says.</summary>
public enum Agreement
{
    /// <summary>The difference lies within a tolerance that is small enough to mean something.</summary>
    Agrees,

    /// <summary>The difference exceeds the tolerance: theory and measurement contradict each other.</summary>
    Disagrees,

    /// <summary>The difference lies within the tolerance, but so would a gross error: more samples are needed.</summary>
    Inconclusive,
}
