using Hybrid.Architectures;
using Hybrid.Networks.Engines;
using Hybrid.Networks.Tests;

namespace Hybrid.Torch.Tests;

/// <summary>What every engine promises.</summary>
public sealed class TorchEngineTests : EngineTests, IDisposable
{
    private readonly LiveTensors live = new();

    public void Dispose() => live.AssertNoneIsLeft();

    protected override double Rounding => Math.ScaleB(1, -24);

    // Handles of tensors and closures; no entry of a tensor.
    protected override long BytesForEachBlock => 64 << 10;

    protected override INetworkEngine Create(Architecture architecture, int threads = 2) =>
        new TorchEngine(architecture, Target.Options, threads);
}
