using System.Collections.Concurrent;
using Hybrid.Architectures;
using Hybrid.Networks.Engines;

namespace Hybrid.Lab.Tests.Fakes;

/// <summary>An engine that writes down which networks it is asked for.</summary>
internal sealed class RecordingEngine(INetworkEngine engine, ConcurrentBag<(ulong Seed, int Sample, int Width)> drawn) : INetworkEngine
{
    public string Name => engine.Name;

    public Architecture Architecture => engine.Architecture;

    public void Run(ulong seed, int sample, NetworkSample result)
    {
        drawn.Add((seed, sample, Architecture.Width));
        engine.Run(seed, sample, result);
    }

    public void Dispose() => engine.Dispose();
}
