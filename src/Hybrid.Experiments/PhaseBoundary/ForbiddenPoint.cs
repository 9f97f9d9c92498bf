using System.Globalization;
using Hybrid.Architectures;
using Hybrid.Experiments.Measurement;
using Hybrid.Theory;

namespace Hybrid.Experiments.PhaseBoundary;

/// <summary>One point of a line without a zero, with its cells.</summary>
internal sealed class ForbiddenPoint
{
    public ForbiddenPoint(NoBoundary line, double value, PhaseBoundarySize size)
    {
        Line = line;
        string symbol = line.Kind == ExponentKind.Gradient ? "λ_g" : "λ_a";
        string subject = string.Create(CultureInfo.InvariantCulture, $"{symbol}: {line.Subject}, {line.Parameter} = {value}");
        Architecture architecture = line.At(value);
        PhasePoint point = PhaseDiagram.Create([architecture]).OnLine(architecture);
        double exponent = line.Kind == ExponentKind.Gradient ? point.Gradient : point.Angle;
        Number = new(subject, "exponent", line.Sign == 0 ? 0 : exponent);
        Pair = new(
            subject,
            ExponentMeasurement.Sized(architecture, line.Kind, size),
            size.Samples,
            (sized, seed, samples) => ExponentMeasurement.Measure(line.Kind, sized, seed, samples));
    }

    public NoBoundary Line { get; }

    /// <summary>The predicted exponent.</summary>
    public RegisteredNumber Number { get; }

    public WidthPair Pair { get; }
}
