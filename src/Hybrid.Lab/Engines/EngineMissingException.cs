namespace Hybrid.Lab.Engines;

/// <summary>An engine exists but is not in this build, or its device is not there (exit code 3).</summary>
public sealed class EngineMissingException(string message) : Exception(message);
