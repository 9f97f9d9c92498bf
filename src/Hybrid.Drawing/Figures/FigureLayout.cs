namespace Hybrid.Drawing.Figures;

/// <summary>How a figure lies on its page: side by side, or one panel below the other.</summary>
/// <param name="PageWidth">The width of the page.</param>
/// <param name="Columns">Panels beside each other; int.MaxValue for all.</param>
/// <param name="PanelWidth">The width of a panel of curves.</param>
internal sealed record FigureLayout(double PageWidth, int Columns, double PanelWidth)
{
    /// <summary>For files and for pages of a screen's width.</summary>
    public static readonly FigureLayout Wide = new(960, 2, 388);

    /// <summary>For pages of a telephone's width, on which it is read without being scaled.</summary>
    public static readonly FigureLayout Narrow = new(400, 1, 318);

    private const double TitleTop = 30, TitleRow = 19, SmallRow = 15, TitleLetter = 8.6, SmallLetter = 6.2;

    /// <summary>
    /// How high a title and what stands under it are: what <see cref="DrawTitle"/> comes down to. A page's height is needed
    /// before anything is drawn.
    /// </summary>
    public double TitleBottom(double left, string title, string subtitle)
    {
        using SvgWriter trial = new(PageWidth, 1, "", "");
        return DrawTitle(trial, left, title, subtitle);
    }

    /// <summary>A title and what stands under it, in as many lines as they need; the last one's baseline.</summary>
    public double DrawTitle(SvgWriter svg, double left, string title, string subtitle)
    {
        double width = PageWidth - left - 12, below = svg.Lines(left, TitleTop, title, width, "title", TitleLetter, TitleRow);
        return svg.Lines(left, below + 18, subtitle, width, "small", SmallLetter, SmallRow);
    }
}
