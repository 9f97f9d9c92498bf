using Hybrid.Drawing.Figures;

namespace Hybrid.Drawing.Reports;

/// <summary>A figure that lies in a file of its own.</summary>
/// <param name="FileName">What the name of the SVG file ends with, such as lines.svg; the page's name stands before it.</param>
/// <param name="Caption">What it shows, one sentence; also its alternative text.</param>
/// <param name="Figure">The figure in all of its forms.</param>
public sealed record ReportFigure(string FileName, string Caption, Figure Figure) : IReportBlock
{
    /// <summary>The document that lies in the file.</summary>
    public string Svg => Figure.Svg;
}
