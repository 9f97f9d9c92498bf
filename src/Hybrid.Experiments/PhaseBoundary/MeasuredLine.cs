using Hybrid.Experiments.Cells;
using Hybrid.Experiments.Hypotheses;
using Hybrid.Experiments.Measurement;
using Hybrid.Lab.Comparisons;

namespace Hybrid.Experiments.PhaseBoundary;

/// <summary>A line with its predicted zero and the cells around it.</summary>
internal sealed class MeasuredLine
{
    // Exponents are logarithms of ratios of order one: errors are relative to 1.
    private const double Scale = 1;

    public MeasuredLine(BoundaryLine line, PhaseBoundarySize size)
    {
        Line = line;
        Offsets = size.Offsets;
        Zero = line.Zero();
        Number = new($"{line.Subject}, in {line.Parameter}", "zero", Zero);
        Pairs = [.. Offsets.Select(offset => new WidthPair(
            $"{line.Subject}, {line.Parameter} {100 * offset:+0;-0;±0} %",
            ExponentMeasurement.Sized(line.At(Zero * (1 + offset)), line.Kind, size),
            size.Samples,
            (architecture, seed, samples) => ExponentMeasurement.Measure(line.Kind, architecture, seed, samples)))];
    }

    public BoundaryLine Line { get; }

    public IReadOnlyList<double> Offsets { get; }

    /// <summary>The predicted zero.</summary>
    public double Zero { get; }

    /// <summary>The zero as registered.</summary>
    public RegisteredNumber Number { get; }

    public IReadOnlyList<WidthPair> Pairs { get; }

    /// <summary>The exponents at infinite width.</summary>
    public IReadOnlyList<Extrapolation> Measured(CellResults results) =>
        [.. Pairs.Select(pair => pair.Extrapolate(results, ExponentMeasurement.Exponent, Scale))];

    /// <summary>The measured zero with its interval.</summary>
    public ZeroFit Fit(CellResults results, double rate) => ZeroFit.Of(Offsets, Measured(results), rate);
}
