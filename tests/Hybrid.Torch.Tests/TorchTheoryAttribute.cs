namespace Hybrid.Torch.Tests;

/// <summary>A theory about libtorch: skipped as a whole, with the reason, where it cannot be loaded.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class TorchTheoryAttribute : Xunit.TheoryAttribute
{
    public TorchTheoryAttribute() => Skip = TorchRuntime.WhyMissing();
}
