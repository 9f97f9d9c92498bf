using Hybrid.Drawing.Figures;
using Hybrid.Drawing.Reports;
using Xunit;

namespace Hybrid.Drawing.Tests;

public class MarkdownWriterTests
{
    [Fact]
    public void A_page_has_headings_padded_tables_and_linked_figures()
    {
        Report report = new(
            "title",
            [
                new("first",
                    [new ReportParagraph("text"), new ReportTable("caption:", ["<na|me", "value"], [["a|b", "1"], ["c", "2345"]])]),
                new("second", [new ReportFigure("lines.svg", "what it shows", new Figure(() => "<svg/>", () => "<svg/>", () => []))]),
            ]);
        Assert.Equal(
            """
            # title

            ## first

            text

            caption:

            | na\|me | value |
            | ------ | ----: |
            | a\|b   |     1 |
            | c      |  2345 |

            ## second

            ![what it shows](figures/page-lines.svg)

            """,
            MarkdownWriter.Text(report, "figures/page-"));
        Assert.Equal("lines.svg", Assert.Single(report.Figures).FileName);
    }
}
