using Hybrid.Networks.Conditioned;
using Hybrid.Theory;

namespace Hybrid.Networks.Tests.Conditioned;

public sealed class ConditionedEngineTests : EngineTests
{
    // Nothing hides behind the storage here: forming tokens and Gram matrices takes some tens of roundings of 2⁻⁵³.
    protected override double Rounding => Math.ScaleB(1, -50);

    protected override INetworkEngine Create(Architecture architecture, int threads = 2) => new ConditionedEngine(architecture, threads);
}
