using System.Globalization;
using Hybrid.Architectures;
using Hybrid.Experiments.Hypotheses;
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
            (sized, attempt, samples) => ExponentMeasurement.Measure(line.Kind, sized, attempt, samples));
    }

    public NoBoundary Line { get; }

    /// <summary>The predicted exponent.</summary>
    public RegisteredNumber Number { get; }

    public WidthPair Pair { get; }
}

/// <summary>A line on which the theory forbids a zero: the exponent keeps its sign, or vanishes everywhere.</summary>
/// <param name="Subject">Names the line.</param>
/// <param name="Kind">The exponent.</param>
/// <param name="Sign">+1, −1, or 0 where the exponent is 0 for every value.</param>
/// <param name="Parameter">Symbol of the swept hyperparameter.</param>
/// <param name="At">The architecture at a value of it.</param>
/// <param name="Values">Where it is measured.</param>
internal sealed record NoBoundary(
    string Subject,
    ExponentKind Kind,
    int Sign,
    string Parameter,
    Func<double, Architecture> At,
    IReadOnlyList<double> Values);
