namespace Hybrid.Torch.Tests;

/// <summary>A fact about libtorch: skipped, with the reason, where it cannot be loaded.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class TorchFactAttribute : Xunit.FactAttribute
{
    public TorchFactAttribute() => Skip = TorchRuntime.WhyMissing();
}
