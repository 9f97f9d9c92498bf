using System.Globalization;
using Hybrid.Architectures;
using Hybrid.Experiments.Cells;
using Hybrid.Lab.Checks;
using Hybrid.Lab.Comparisons;
using Hybrid.Lab.Statistics;

namespace Hybrid.Experiments.Measurement;

/// <summary>
/// One measurement at two widths, as two cells, and its extrapolation to infinite width as in a check. The second ensemble,
/// at a quarter of the width, has four times the networks, with which the experiments were registered.
/// </summary>
internal sealed class WidthPair
{
    private readonly Architecture _architecture;
    private readonly Architecture _second;

    /// <summary>Plans the cells.</summary>
    /// <param name="subject">Names the pair within its experiment.</param>
    /// <param name="architecture">The network at the larger width.</param>
    /// <param name="samples">Networks at the larger width, ≥ 2.</param>
    /// <param name="measure">Measures a number of networks of an architecture.</param>
    public WidthPair(string subject, Architecture architecture, int samples, Func<Architecture, CellAttempt, int, CellValues> measure)
    {
        _architecture = architecture;
        _second = SecondWidth.Of(architecture);
        Full = CellOf(subject, architecture, samples, measure);
        Second = CellOf(subject, _second, samples * Math.Max(1, architecture.Width / _second.Width), measure);
    }

    /// <summary>The cell at the architecture's own width.</summary>
    public Cell Full { get; }

    /// <summary>The cell at the second width.</summary>
    public Cell Second { get; }

    /// <summary>Both.</summary>
    public IEnumerable<Cell> Cells => [Full, Second];

    /// <summary>A number at the architecture's own width.</summary>
    public Estimate AtWidth(CellResults results, string name) => results[Full][name];

    /// <summary>A number at infinite width; <paramref name="scale"/> as in <see cref="Extrapolation.Of"/>.</summary>
    public Extrapolation Extrapolate(CellResults results, string name, double scale) => Extrapolation.Of(
        results[Full][name],
        _architecture.Width,
        results[Second][name],
        _second.Width,
        scale);

    private static Cell CellOf(
        string subject, Architecture architecture, int samples, Func<Architecture, CellAttempt, int, CellValues> measure)
    {
        double cost = (double)samples * architecture.Depth * architecture.Tokens * (architecture.Width + architecture.MlpWidth);
        return new(
            string.Create(
                CultureInfo.InvariantCulture, $"{subject}, width {architecture.Width}, {samples} networks, {RecordHash.Of(architecture)}"),
            cost,
            attempt => measure(architecture, attempt, samples));
    }
}
