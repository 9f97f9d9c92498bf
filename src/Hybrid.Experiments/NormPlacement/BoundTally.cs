namespace Hybrid.Experiments.NormPlacement;

/// <summary>How measured norms compare with their bounds.</summary>
/// <param name="rounding">By how much arithmetic alone may lift a norm above its bound, relatively.</param>
internal sealed class BoundTally(double rounding)
{
    /// <summary>2⁻²⁴, the relative rounding of single precision.</summary>
    public const double UnitRoundoff = 1.0 / (1 << 24);

    /// <summary>Norms compared so far.</summary>
    public long Checks { get; private set; }

    /// <summary>Those above their bound by more than the rounding.</summary>
    public long Violations { get; private set; }

    /// <summary>The largest norm over bound so far.</summary>
    public double LargestRatio { get; private set; }

    /// <summary>The largest norm over bound of the boundary that was added last: of a whole pass, its output.</summary>
    public double LastRatio { get; private set; }

    /// <summary>Goes on from what <see cref="Store"/> left; from nothing where it left nothing.</summary>
    public void Restore(IReadOnlyDictionary<string, double> counts)
    {
        Checks = (long)counts.GetValueOrDefault(nameof(Checks));
        Violations = (long)counts.GetValueOrDefault(nameof(Violations));
        LargestRatio = counts.GetValueOrDefault(nameof(LargestRatio));
        LastRatio = counts.GetValueOrDefault(nameof(LastRatio));
    }

    /// <summary>Leaves the counts; below 2⁵³ they are exact.</summary>
    public void Store(IDictionary<string, double> counts)
    {
        counts[nameof(Checks)] = Checks;
        counts[nameof(Violations)] = Violations;
        counts[nameof(LargestRatio)] = LargestRatio;
        counts[nameof(LastRatio)] = LastRatio;
    }

    /// <summary>Adds norms over bounds at one boundary. What is not a number is a violation.</summary>
    public void Add(IReadOnlyList<double> ratios)
    {
        Checks += ratios.Count;
        Violations += ratios.Count(ratio => !(ratio <= 1 + rounding));
        LastRatio = ratios.Max();
        LargestRatio = Math.Max(LargestRatio, LastRatio);
    }
}
