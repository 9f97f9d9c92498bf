using Hybrid.Experiments.Hypotheses;
using Xunit;

namespace Hybrid.Experiments.Tests;

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

    // A claim of the literature, and so short a training decides nothing: it must run to its end and judge every hypothesis.
    [Fact]
    public void Loss_vs_exponents() => QuickRun.Of("loss-vs-exponents");

    [Fact]
    public void Lyapunov() => QuickRun.Supports("lyapunov", "H1", "H2", "H6");

    [Fact]
    public void Norm_placement() => QuickRun.Supports("norm-placement", "H1");

    // What is true of untrained weights alone; the others are what experiments are for.
    [Fact]
    public void Departures() => Assert.NotEqual(
        Outcome.Refuted, QuickRun.Of("departures").Results.Single(result => result.Hypothesis.Id == "H2").Outcome);

    // What holds of untrained experts; of trained ones, and of positions in so few runs, nothing is known.
    [Fact]
    public void Trained_geometry() => Assert.DoesNotContain(
        QuickRun.Of("trained-geometry").Results.Where(result => result.Hypothesis.Id != "H1"),
        result => result.Outcome == Outcome.Refuted);

    // The theory's own statements; the others are observations and predictions of others, which even a quick run may refute.
    [Fact]
    public void Residual_growth() => Assert.All(
        QuickRun.Of("residual-growth").Results.Where(result => result.Hypothesis.Id is "H1" or "H7"),
        result => Assert.Equal(Outcome.Supported, result.Outcome));
}
