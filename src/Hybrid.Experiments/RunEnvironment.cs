namespace Hybrid.Experiments;

/// <summary>Where and how an experiment ran, enough to repeat it.</summary>
/// <param name="Command">The command line.</param>
/// <param name="Version">The version of hybrid.</param>
/// <param name="Machine">Processor, vector width, number of threads.</param>
public sealed record RunEnvironment(string Command, string Version, string Machine);
