namespace Hybrid.Drawing.Figures;

/// <summary>One panel of a curve figure.</summary>
/// <param name="Title">Above the panel.</param>
/// <param name="Horizontal">Title of the horizontal axis.</param>
/// <param name="Vertical">Title of the vertical axis; "" for none.</param>
/// <param name="Series">What is drawn.</param>
public sealed record CurvePanel(string Title, string Horizontal, string Vertical, IReadOnlyList<CurveSeries> Series)
{
    /// <summary>The horizontal axis; by default one that fits all values.</summary>
    internal AxisScale? HorizontalScale { get; init; }

    /// <summary>The vertical axis; by default one that fits all values.</summary>
    internal AxisScale? VerticalScale { get; init; }

    /// <summary>Whether it takes a row of its own, as high as it is wide enough for.</summary>
    internal bool Wide { get; init; }

    /// <summary>The horizontal axis that is drawn.</summary>
    internal AxisScale Across => HorizontalScale ?? AxisScale.Fitting(Values(point => point.X, point => [point.X]));

    /// <summary>The vertical axis that is drawn.</summary>
    internal AxisScale Up => VerticalScale ?? AxisScale.Fitting(Values(point => point.Y, Bars));

    /// <summary>The panel at a place of the page.</summary>
    internal Panel At(double left, double top, double width, double height) => new(left, top, width, height, Across, Up);

    /// <summary>Both ends of a bar; the lower one only where it would not forbid a logarithmic axis.</summary>
    private static double[] Bars(CurvePoint point) =>
        point.Y > 0 && point.Y - point.Error <= 0
            ? [point.Y, point.Y + point.Error]
            : [point.Y - point.Error, point.Y, point.Y + point.Error];

    private double[] Values(Func<(double X, double Y), double> ofLine, Func<CurvePoint, double[]> ofPoint) =>
        [.. Series.SelectMany(series => series.Line.Select(ofLine).Concat(series.Points.SelectMany(ofPoint))).Where(double.IsFinite)];
}

/// <summary>A measured point of a figure.</summary>
/// <param name="X">Horizontal value.</param>
/// <param name="Y">Vertical value.</param>
/// <param name="Error">Half the length of its bar; NaN for none.</param>
/// <param name="Open">Whether the mark is drawn open, as for magnitudes of negative numbers.</param>
public readonly record struct CurvePoint(double X, double Y, double Error, bool Open = false);

/// <summary>One series of a panel: theory as a line, measurement as points.</summary>
/// <param name="Label">Its name in the legend.</param>
/// <param name="Style">Number of its colour and marker; equal labels have equal styles.</param>
/// <param name="Line">The line's points from left to right; a value that the axis cannot show interrupts it.</param>
/// <param name="Points">The measured points.</param>
public sealed record CurveSeries(
    string Label,
    int Style,
    IReadOnlyList<(double X, double Y)> Line,
    IReadOnlyList<CurvePoint> Points)
{
    /// <summary>Whether the line is dashed.</summary>
    internal bool Dashed { get; init; }

    /// <summary>What a pointer shows at a measured point.</summary>
    internal string Hover(CurvePoint point)
    {
        string uncertainty = double.IsFinite(point.Error) ? $" ± {Numbers.Significant(point.Error, 2)}" : "";
        return $"{Label}: {(point.Open ? "−" : "")}{Numbers.Significant(point.Y)}{uncertainty} at {Numbers.Significant(point.X)}";
    }

    /// <summary>What a pointer shows at a point of the line.</summary>
    internal string Hover((double X, double Y) point) =>
        $"{Label}: {Numbers.Significant(point.Y)} at {Numbers.Significant(point.X)}";
}
