namespace Hybrid.Experiments;

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

    /// <summary>Hypotheses, predicted numbers and grid. A pure function: nothing is measured here.</summary>
    ExperimentDesign Design(ExperimentScale scale);
}
