using Hybrid.Experiments.Cells;

namespace Hybrid.Experiments.Designs;

/// <summary>A named, preregistered experiment.</summary>
public interface IExperiment
{
    /// <summary>The name on the command line, such as rank-collapse.</summary>
    string Name { get; }

    /// <summary>One line for a list.</summary>
    string Purpose { get; }

    /// <summary>The question that the experiment puts, a few sentences for the head of its page.</summary>
    string Question { get; }

    /// <summary>Raised whenever a stored cell of an earlier version would mean something else.</summary>
    int Version { get; }

    /// <summary>What its cells ask of the engine that measures them.</summary>
    CellNeeds Needs { get; }

    /// <summary>Hypotheses, predicted numbers and grid. A pure function: nothing is measured here.</summary>
    ExperimentDesign Design(ExperimentScale scale);
}

/// <summary>How much of an experiment is run.</summary>
public enum ExperimentScale
{
    /// <summary>Everything, at most about an hour on two cores.</summary>
    Full,

    /// <summary>The same questions on smaller networks and fewer of them, in well under a minute.</summary>
    Quick,
}
