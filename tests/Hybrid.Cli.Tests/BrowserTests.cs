using System.Globalization;
using System.Text.Json;
using Hybrid.Lab.Tests;
using Xunit;

namespace Hybrid.Cli.Tests;

/// <summary>Pages as a browser shows them: the system's Chromium, where there is one.</summary>
public sealed class BrowserTests
{
    [ChromiumTheory]
    [InlineData(1200, false)]
    [InlineData(480, true)]
    public async Task A_page_fits_its_window_asks_for_nothing_and_shows_its_figures(int width, bool dark)
    {
        using TemporaryFolder folder = new();
        string file = folder.Path("phase.html"), address = new Uri(file).AbsoluteUri;
        ReportTests.Run(folder, ["phase", "pre-tanh-critical", "--x", "mlp.inStd=1:2:5", "--y", "mlp.branch=0.1:1:4", "--out", file]);

        await using Chromium browser = await Chromium.Start(width, 900, dark);
        await browser.Go(address);
        await browser.Until($"location.href === '{address}' && document.readyState === 'complete'");

        Assert.Equal([address], browser.Requests);
        Assert.Empty(browser.Complaints);
        Assert.Contains("order and chaos", (await browser.Value("document.title")).GetString());
        Assert.True(
            (await browser.Value("document.documentElement.scrollWidth <= window.innerWidth")).GetBoolean(),
            "the page is wider than its window");
        double[] figure = await browser.Box("figure svg");
        Assert.InRange(figure[2], 0.8 * Math.Min(width, 1040) - 60, width);
        Assert.Equal(0.48, figure[3] / figure[2], 0.01);

        // Ink on paper in either mode: WCAG's contrast of 4.5 is a difference in lightness of about half.
        int ink = await Lightness(browser, "color"), paper = await Lightness(browser, "background-color");
        Assert.True(Math.Abs(ink - paper) > 380, $"ink {ink} on paper {paper}");
        Assert.Equal(dark, paper < 380);

        byte[] print = await browser.Print();
        Assert.True(print.Length > 10_000, $"a print of {print.Length} bytes");
    }

    /// <summary>Red, green and blue of a colour of the body, from 0 to 765.</summary>
    private static async Task<int> Lightness(Chromium browser, string property)
    {
        JsonElement value = await browser.Value($"getComputedStyle(document.body).getPropertyValue('{property}')");
        string text = value.GetString()!;
        return text[(text.IndexOf('(') + 1)..text.IndexOf(')')].Split(',').Take(3)
            .Sum(part => int.Parse(part, CultureInfo.InvariantCulture));
    }
}
