namespace Hybrid.Drawing.Reports;

/// <summary>A table of text cells.</summary>
/// <param name="Caption">What the table shows, one sentence.</param>
/// <param name="Headings">One for each column; a column whose heading begins with &lt; is set to the left, others to the right.</param>
/// <param name="Rows">Cells, as many as headings.</param>
public sealed record ReportTable(
    string Caption,
    IReadOnlyList<string> Headings,
    IReadOnlyList<IReadOnlyList<string>> Rows) : IReportBlock;
