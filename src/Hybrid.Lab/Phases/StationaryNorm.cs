using Hybrid.Architectures;
using Hybrid.Theory;

namespace Hybrid.Lab.Phases;

/// <summary>Architectures whose input already has the norm at which collapsed tokens stay, so that every block is the same.</summary>
internal static class StationaryNorm
{
    /// <summary>The architecture with q₀ = q* of the collapsed line; unchanged where norms do not settle.</summary>
    public static Architecture Of(Architecture a) => FixedPoints.stationaryLine(a, LawsModule.exact(a))?.Value is Attractor line
        ? a.With(input: new(line.State.Q, a.Input.Correlation))
        : a;
}
