namespace Hybrid.Drawing.Reports;

/// <summary>Text to be shown as it stands, in type of one width.</summary>
/// <param name="Text">Lines.</param>
public sealed record ReportCode(string Text) : IReportBlock;
