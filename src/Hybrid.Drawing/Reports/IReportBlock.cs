namespace Hybrid.Drawing.Reports;

/// <summary>
/// One of <see cref="ReportParagraph"/>, <see cref="ReportCode"/>, <see cref="ReportTable"/> and
/// <see cref="ReportFigure"/>.
/// </summary>
public interface IReportBlock;
