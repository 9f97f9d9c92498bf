using Hybrid.Architectures;
using Hybrid.Networks.Engines;
using Hybrid.Networks.Tests;

namespace Hybrid.Torch.Tests;

/// <summary>The same promises where libtorch draws the weights.</summary>
public sealed class DeviceDrawTests : EngineTests, IDisposable
{
    private readonly LiveTensors live = new();

    public void Dispose() => live.AssertNoneIsLeft();

    protected override double Rounding => Math.ScaleB(1, -24);

    protected override long BytesForEachBlock => 64 << 10;

    protected override INetworkEngine Create(Architecture architecture, int threads = 2) =>
        new TorchEngine(architecture, Target.Options with { Source = WeightSource.Device }, threads);
}
