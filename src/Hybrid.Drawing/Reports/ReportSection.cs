namespace Hybrid.Drawing.Reports;

/// <summary>A heading and what stands under it.</summary>
/// <param name="Heading">One line.</param>
/// <param name="Content">Paragraphs, tables and figures in reading order.</param>
public sealed record ReportSection(string Heading, IReadOnlyList<IReportBlock> Content);
