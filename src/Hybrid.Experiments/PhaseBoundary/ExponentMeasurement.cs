using Hybrid.Architectures;
using Hybrid.Experiments.Cells;
using Hybrid.Experiments.Measurement;
using Hybrid.Lab.Phases;
using Hybrid.Networks.Tangents;

namespace Hybrid.Experiments.PhaseBoundary;

/// <summary>One exponent of an ensemble, every network's mean over its blocks.</summary>
internal static class ExponentMeasurement
{
    /// <summary>The name of the measured number.</summary>
    public const string Exponent = "exponent";

    // u₀ of the tokens: so small that every map is linear in it, and far above the rounding of q − p.
    private const double NearlyEqual = 1e-8;

    /// <summary>The architecture at a size of the experiment, from the norm at which it stays.</summary>
    public static Architecture Sized(Architecture architecture, ExponentKind kind, PhaseBoundarySize size) =>
        StationaryNorm.Of(architecture.With(
            depth: size.Depth,
            width: size.Width,
            heads: 1,
            mlpWidth: size.Width,
            input: new InputParameters(1, kind == ExponentKind.AngleOfTokens ? 1 - NearlyEqual : 0)));

    /// <summary>Measures by the route of the kind.</summary>
    public static CellValues Measure(ExponentKind kind, Architecture architecture, CellAttempt attempt, int samples) => kind switch
    {
        ExponentKind.AngleOfTokens => NetworkEnsemble.Measure(
            architecture,
            attempt,
            samples,
            member => [KeyValuePair.Create(Exponent, Math.Log(member.Layers[^1].U / member.Layers[0].U) / architecture.Depth)]),
        _ => OnLine(kind, architecture, attempt, samples),
    };

    private static CellValues OnLine(ExponentKind kind, Architecture architecture, CellAttempt attempt, int samples)
    {
        using ILineEngine engine = attempt.Engines.Lines(architecture);
        LineSample[] networks = [.. Enumerable.Range(0, samples).Select(_ => new LineSample(architecture.Depth))];
        engine.Run(attempt.Seed, 0, networks);
        return CellValues.Of(networks.Select(network => new[]
        {
            KeyValuePair.Create(Exponent, (kind == ExponentKind.Gradient ? network.Gradient : network.Angle).Average()),
        }));
    }
}

/// <summary>Which exponent of derivation section 6 a line is about, and by which route it is measured.</summary>
internal enum ExponentKind
{
    /// <summary>λ_a by infinitesimal differences at the collapsed line.</summary>
    Angle,

    /// <summary>λ_a by whole sequences of nearly equal tokens with their attention, whatever σ_A is.</summary>
    AngleOfTokens,

    /// <summary>λ_g of the mean mode at the collapsed line.</summary>
    Gradient,
}
