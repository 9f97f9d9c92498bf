using Hybrid.Networks;
using Hybrid.Theory;

namespace Hybrid.Harness.Engines;

/// <summary>An engine that this build has.</summary>
/// <param name="Name">The name that --engine takes.</param>
/// <param name="Description">One line on what it does and when to take it.</param>
/// <param name="Create">Plans the buffers for an architecture and a number of threads.</param>
/// <param name="Bytes">About how much memory those buffers take.</param>
public sealed record EngineEntry(
    string Name,
    string Description,
    Func<Architecture, int, INetworkEngine> Create,
    Func<Architecture, Int128> Bytes);
