using Hybrid.Architectures;
using Hybrid.Networks.Engines;
using Hybrid.Networks.Tangents;

namespace Hybrid.Lab.Engines;

/// <summary>An engine of the command.</summary>
/// <param name="Name">The name that --engine takes.</param>
/// <param name="Description">One line on what it does and when to take it.</param>
/// <param name="Create">Plans the buffers for an architecture and a number of threads.</param>
/// <param name="Bytes">About how much memory those buffers take.</param>
public sealed record EngineEntry(
    string Name,
    string Description,
    Func<Architecture, int, INetworkEngine> Create,
    Func<Architecture, Int128> Bytes)
{
    /// <summary>What its networks can have beyond plain heads, one MLP and norms of gain 1.</summary>
    public IReadOnlyList<Feature> Features { get; init; } = [];

    /// <summary>What measures exponents of its networks at the line; null of an engine that has none.</summary>
    public LineEntry? Line { get; init; }

    /// <summary>
    /// What measures so many leading Lyapunov exponents of its networks, with a number of threads; null of an engine that has none.
    /// </summary>
    public Func<Architecture, int, int, ISpectrumEngine>? Spectrum { get; init; }

    /// <summary>Whether it draws real weights, which do not change with their scale for one seed.</summary>
    public bool HasWeights { get; init; }

    /// <summary>Whether it measures the gradients of weights, where asked.</summary>
    public bool HasWeightGradients { get; init; }

    /// <summary>Whether it can draw networks of an architecture.</summary>
    public bool Knows(Architecture architecture) => !Architectures.Features.Of(architecture).Except(Features).Any();

    /// <summary>Most engines at a time, ≥ 1: 1 for an engine that runs many networks at once by itself.</summary>
    public int MostEngines { get; init; } = int.MaxValue;

    /// <summary>Makes the entry for a choice of device, or null of an engine that runs on the processor in one way.</summary>
    public Func<DeviceChoice, EngineEntry>? OnDevice { get; init; }

    /// <summary>Where it runs and what it was told there, of an engine that has a choice.</summary>
    public string? Device { get; init; }

    /// <summary>Why the engine cannot run on this machine, with what to do about it, in one line; null where it can.</summary>
    public Func<string?> WhyMissing { get; init; } = () => null;

    /// <summary>The GPUs that the engine can use.</summary>
    public Func<IReadOnlyList<DeviceDescription>> Gpus { get; init; } = () => [];
}

/// <summary>What measures exponents of an engine's networks at the line.</summary>
/// <param name="Create">Plans the buffers for an architecture and a number of threads.</param>
/// <param name="Bytes">About how much memory those buffers take.</param>
public sealed record LineEntry(Func<Architecture, int, ILineEngine> Create, Func<Architecture, Int128> Bytes);

/// <summary>A device that engines can use.</summary>
/// <param name="Name">What --device takes, cpu or such as cuda:0.</param>
/// <param name="Model">Its model, empty where the driver does not tell.</param>
/// <param name="Free">Bytes of its memory that are free.</param>
/// <param name="Total">Bytes of its memory.</param>
public sealed record DeviceDescription(string Name, string Model, long Free, long Total);
