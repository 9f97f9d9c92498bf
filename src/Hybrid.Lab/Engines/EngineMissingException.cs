namespace Hybrid.Lab.Engines;

/// <summary>An engine cannot run on this machine, or its device is not there (exit code 3).</summary>
public sealed class EngineMissingException(string message) : Exception(message);
