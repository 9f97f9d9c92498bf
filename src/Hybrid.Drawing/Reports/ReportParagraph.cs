namespace Hybrid.Drawing.Reports;

/// <summary>Running text.</summary>
/// <param name="Text">Plain text without markup.</param>
public sealed record ReportParagraph(string Text) : IReportBlock;
