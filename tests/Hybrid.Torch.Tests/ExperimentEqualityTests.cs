using Hybrid.Cli.Shared;
using Hybrid.Experiments.Catalogue;
using Hybrid.Experiments.Cells;
using Hybrid.Experiments.Designs;
using Hybrid.Experiments.Runs;
using Hybrid.Lab.Engines;
using Hybrid.Lab.Statistics;
using Hybrid.Networks.Tests;
using Xunit;

namespace Hybrid.Torch.Tests;

/// <summary>Cells of every experiment on this engine and on others.</summary>
public sealed class ExperimentEqualityTests : IDisposable
{
    private readonly LiveTensors live = new();

    public void Dispose() => live.AssertNoneIsLeft();

    // Networks in training, from the same weights on the same data, here and on the dense engine: as over twenty steps, 200 times the
    // roundings of one, of each number or of one of order 1. Tokens of 1 − ρ = 1e-8 are differences of 1e-4 of their norm, so that their
    // roundings weigh 1e4 times as much.
    [Theory(Single = true)]
    [InlineData("departures", "")]
    [InlineData("gradient-flow", "before training")]
    [InlineData("gradient-flow", "run 1")]
    [InlineData("lyapunov", "exponents on")]
    [InlineData("loss-vs-exponents", "")]
    [InlineData("norm-placement", "pre")]
    [InlineData("norm-placement", "peri")]
    [InlineData("residual-growth", "untrained")]
    [InlineData("residual-growth", "run 1")]
    [InlineData("trained-geometry", "")]
    public void A_cell_of_networks_in_training_has_the_dense_engines_numbers(string experiment, string key)
    {
        const double Trajectory = 200;
        Cell cell = CellOf(experiment, key);
        CellValues expected = cell.Measure(new CellAttempt(7)), actual = cell.Measure(new CellAttempt(7) { Engines = Torch });
        Assert.Equal(expected.Names, actual.Names);
        foreach (string name in expected.Names)
        {
            double tolerance = (name.Contains("Near", StringComparison.Ordinal) ? 1e4 : Trajectory) * Target.Rounding;
            Near.Equal(name, expected[name].Mean, actual[name].Mean, tolerance, tolerance);
        }
    }

    // The dense engine's weights: numbers of up to 8 blocks there and back, logarithms and ratios of squares of them.
    [Theory(Single = true)]
    [InlineData("rank-collapse", "", false)]
    [InlineData("gradient-flow", "ReLU", false)]
    [InlineData("sensitivity", "rescaled", true)]
    [InlineData("sensitivity", "MLP, width", false)]
    [InlineData("lyapunov", "backwards", false)]
    [InlineData("phase-boundary", "λ_a", false)]
    [InlineData("phase-boundary", "λ_g", false)]
    public void A_cell_of_random_networks_has_the_numbers_of_the_dense_engines_weights(string experiment, string key, bool own)
    {
        const int Passes = 2 * 2 * 8;
        Cell cell = CellOf(experiment, key);
        CellValues expected = cell.Measure(own ? new CellAttempt(7) : new CellAttempt(7) { Engines = On("dense") });
        CellValues actual = cell.Measure(new CellAttempt(7) { Engines = Torch });
        Assert.Equal(expected.Names, actual.Names);
        foreach (string name in expected.Names.Where(name => double.IsFinite(expected[name].Mean)))
            Near.Equal(name, expected[name].Mean, actual[name].Mean, Passes * Target.Rounding, Passes * Target.Rounding);
    }

    // Their own engines draw other networks of the same law.
    [Theory]
    [InlineData("rank-collapse", "")]
    [InlineData("gradient-flow", "ReLU, post")]
    [InlineData("sensitivity", "Δt")]
    [InlineData("sensitivity", "attention, width")]
    [InlineData("lyapunov", "forwards")]
    [InlineData("lyapunov", "leading exponents")]
    [InlineData("lyapunov", "linear network")]
    [InlineData("phase-boundary", "λ_a")]
    public void A_cell_of_random_networks_has_the_law_of_its_own_engine(string experiment, string key)
    {
        // None of some 150 numbers is off by six standard errors by chance, but for 1e-3: Student's law of 23 degrees of freedom.
        const double Errors = 6;
        Cell cell = CellOf(experiment, key);
        CellValues expected = cell.Measure(new CellAttempt(7)), actual = cell.Measure(new CellAttempt(7) { Engines = Torch });
        Assert.Equal(expected.Names, actual.Names);
        foreach (string name in expected.Names)
        {
            (Estimate own, Estimate torch) = (expected[name], actual[name]);
            double error = Math.Sqrt(Math.Pow(own.StandardError, 2) + Math.Pow(torch.StandardError, 2));
            Near.Equal(name, own.Mean, torch.Mean, Errors * error, 32 * Target.Rounding);
        }
    }

    private static CellEngines Torch { get; } = On("torch");

    private static CellEngines On(string engine) => new ExperimentEngine(
        new EngineChoice(BuiltEngines.Catalogue, engine, new DeviceChoice(engine == "torch" ? Target.Device.ToString() : null)),
        BuiltTrainers.Catalogue).Found();

    private static Cell CellOf(string experiment, string key) => ExperimentCatalogue.Find(experiment).Design(ExperimentScale.Quick).Cells
        .Where(cell => cell.Key.Contains(key, StringComparison.Ordinal) && !cell.Key.Contains("orbits")).MinBy(cell => cell.Cost)!;
}
