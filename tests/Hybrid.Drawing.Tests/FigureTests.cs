using Hybrid.Drawing.Figures;
using Hybrid.Drawing.Reports;
using Xunit;

namespace Hybrid.Drawing.Tests;

public class FigureTests
{
    [Fact]
    public void A_figure_makes_what_is_asked_of_it_and_that_once()
    {
        List<string> made = [];
        Figure figure = Counting(made);
        Report report = new("title", [new("section", [new ReportFigure("one.svg", "caption", figure)])]);
        Assert.Empty(made);
        Assert.Equal(figure.Svg, figure.Svg);
        MarkdownWriter.Text(report, "page-");
        Assert.Equal(["svg"], made);
        HtmlWriter.Text(report, isStatic: true);
        Assert.Equal(["svg", "narrow"], made);
        HtmlWriter.Text(report);
        Assert.Equal(["svg", "narrow", "plots"], made);
    }

    private static Figure Counting(List<string> made)
    {
        string Made(string what)
        {
            made.Add(what);
            return "<svg/>";
        }

        return new(() => Made("svg"), () => Made("narrow"), () => [new(Made("plots"), [], [])]);
    }
}
