namespace Hybrid.Lab.Checks;

/// <summary>How far a check has come.</summary>
/// <param name="Architecture">The name of the architecture at work.</param>
/// <param name="Width">The width being simulated; 0 while the theory predicts.</param>
/// <param name="Done">Networks drawn so far, over the whole check.</param>
/// <param name="Total">Networks that the check draws.</param>
public readonly record struct CheckProgress(string Architecture, int Width, int Done, int Total);
