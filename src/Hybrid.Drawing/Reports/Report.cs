namespace Hybrid.Drawing.Reports;

/// <summary>A page of results as structure, free of any format: a title and its sections.</summary>
/// <param name="Title">The heading of the page.</param>
/// <param name="Sections">In reading order.</param>
public sealed record Report(string Title, IReadOnlyList<ReportSection> Sections)
{
    /// <summary>Every figure of the page, in reading order.</summary>
    public IEnumerable<ReportFigure> Figures => Sections.SelectMany(section => section.Content).OfType<ReportFigure>();
}
