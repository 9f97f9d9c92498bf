using Hybrid.Architectures;

namespace Hybrid.Lab.Speed;

/// <summary>How fast an engine draws and runs random networks of one architecture.</summary>
/// <param name="Architecture">What was run.</param>
/// <param name="Engines">Engines at a time.</param>
/// <param name="BatchSize">Networks that each runs at once.</param>
/// <param name="Networks">Networks that were run, warm-up apart.</param>
/// <param name="Seconds">In how long.</param>
public sealed record EngineSpeed(Architecture Architecture, int Engines, int BatchSize, int Networks, double Seconds)
{
    /// <summary>Networks drawn, run forwards and backwards, and measured in a second.</summary>
    public double NetworksPerSecond => Networks / Seconds;

    /// <summary>
    /// Products of networks with real weights, in 10¹² operations a second. Of an engine without weights it is what one with
    /// weights would need to be as fast.
    /// </summary>
    public double TeraOperationsPerSecond => NetworksPerSecond * NetworkOperations.Of(Architecture) / 1e12;
}
