namespace Hybrid.Harness.Reports;

/// <summary>One of <see cref="ReportParagraph"/>, <see cref="ReportCode"/>, <see cref="ReportTable"/> and <see cref="ReportFigure"/>.</summary>
public interface IReportBlock;
