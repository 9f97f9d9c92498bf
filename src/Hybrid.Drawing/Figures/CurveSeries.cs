namespace Hybrid.Drawing.Figures;

/// <summary>One series of a panel: theory as a line, measurement as points.</summary>
/// <param name="Label">Its name in the legend.</param>
/// <param name="Style">Number of its colour and marker; equal labels have equal styles.</param>
/// <param name="Line">The line's points from left to right; a value that the axis cannot show interrupts it.</param>
/// <param name="Points">The measured points.</param>
public sealed record CurveSeries(
    string Label,
    int Style,
    IReadOnlyList<(double X, double Y)> Line,
    IReadOnlyList<CurvePoint> Points);
