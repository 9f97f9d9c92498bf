using Xunit;

namespace Hybrid.Tests.Experiments;

public class QuickRunTests
{
    [Fact]
    public void Rank_collapse() => QuickRun.Supports("rank-collapse", "H1", "H2", "H3");

    [Fact]
    public void Phase_boundary() => QuickRun.Supports("phase-boundary", "H3");

    [Fact]
    public void Gradient_flow() => QuickRun.Supports("gradient-flow", "H1", "H3", "H4", "H5");

    [Fact]
    public void Sensitivity() => QuickRun.Supports("sensitivity", "H1", "H2", "H3", "H4");

    // So short a training decides nothing; it must run and refute nothing.
    [Fact]
    public void Loss_vs_exponents() => QuickRun.Supports("loss-vs-exponents");

    [Fact]
    public void Lyapunov() => QuickRun.Supports("lyapunov", "H1", "H2", "H6");
}
