namespace Hybrid.Experiments;

/// <summary>How much of an experiment is run.</summary>
public enum ExperimentScale
{
    /// <summary>Everything, at most about an hour on two cores.</summary>
    Full,

    /// <summary>The same questions on smaller networks and fewer of them, in well under a minute.</summary>
    Quick,
}
