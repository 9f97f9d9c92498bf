namespace Hybrid.Torch.Tests;

/// <summary>A theory about libtorch: skipped as a whole, with the reason, where it cannot be loaded.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class TorchTheoryAttribute : Xunit.TheoryAttribute
{
    /// <summary>Whether it holds in single precision alone.</summary>
    public bool Single { get; set; }

    /// <inheritdoc/>
    public override string? Skip => TorchRuntime.WhyMissing() ?? (Single ? Target.WhyNotSingle : null);
}
