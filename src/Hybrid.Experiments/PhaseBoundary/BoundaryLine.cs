using Hybrid.Architectures;
using Hybrid.Theory;

namespace Hybrid.Experiments.PhaseBoundary;

/// <summary>A line through hyperparameter space on which an exponent vanishes once.</summary>
/// <param name="Subject">Names the line.</param>
/// <param name="Kind">The exponent.</param>
/// <param name="Parameter">Symbol of the swept hyperparameter.</param>
/// <param name="At">The architecture at a value of it, at width 1 and depth 1.</param>
/// <param name="Low">A value on one side of the zero, > 0.</param>
/// <param name="High">A value on the other side.</param>
internal sealed record BoundaryLine(
    string Subject,
    ExponentKind Kind,
    string Parameter,
    Func<double, Architecture> At,
    double Low,
    double High)
{
    /// <summary>The theory's exponent at a value.</summary>
    public double Exponent(double value)
    {
        Architecture architecture = At(value);
        PhasePoint point = PhaseDiagram.Create([architecture]).OnLine(architecture);
        return Kind == ExponentKind.Gradient ? point.Gradient : point.Angle;
    }

    /// <summary>The predicted zero.</summary>
    public double Zero() => MathNet.Numerics.RootFinding.Brent.FindRoot(Exponent, Low, High, 1e-10, 200);
}
