using Hybrid.Architectures;
using Hybrid.Lab.Engines;
using Hybrid.Networks.Engines;

namespace Hybrid.Lab.Tests.Fakes;

/// <summary>An engine during whose network number <paramref name="last"/> the user presses Ctrl-C.</summary>
internal sealed class StoppingEngine(INetworkEngine inner, int last, CancellationTokenSource source) : INetworkEngine
{
    public string Name => inner.Name;

    public Architecture Architecture => inner.Architecture;

    public static EngineEntry Entry(int last, CancellationTokenSource source) => new(
        "fake",
        "",
        (architecture, threads) => new StoppingEngine(FakeEngine.Entry().Create(architecture, threads), last, source),
        _ => 1);

    public void Run(ulong seed, int sample, NetworkSample result)
    {
        inner.Run(seed, sample, result);
        if (sample == last)
            source.Cancel();
    }

    public void Dispose() => inner.Dispose();
}
