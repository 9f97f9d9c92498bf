using Hybrid.Lab.Tests;
using Microsoft.Playwright;
using Xunit;

namespace Hybrid.Cli.Tests;

/// <summary>Pages as a browser shows them: the system's Chromium, where there is one.</summary>
public sealed class BrowserTests
{
    [ChromiumTheory]
    [InlineData(1200, ColorScheme.Light)]
    [InlineData(480, ColorScheme.Dark)]
    public async Task A_page_fits_its_window_asks_for_nothing_and_shows_its_figures(int width, ColorScheme scheme)
    {
        using TemporaryFolder folder = new();
        string file = folder.Path("phase.html");
        ReportTests.Run(folder, ["phase", "pre-tanh-critical", "--x", "mlp.inStd=1:2:5", "--y", "mlp.branch=0.1:1:4", "--out", file]);

        using IPlaywright playwright = await Playwright.CreateAsync();
        await using IBrowser browser = await playwright.Chromium.LaunchAsync(
            new() { ExecutablePath = ChromiumTheoryAttribute.Executable, Args = ["--no-sandbox"] });
        IPage page = await browser.NewPageAsync(new() { ViewportSize = new() { Width = width, Height = 900 }, ColorScheme = scheme });
        List<string> requests = [], errors = [];
        page.Request += (_, request) => requests.Add(request.Url);
        page.Console += (_, message) => errors.Add(message.Text);
        await page.GotoAsync(new Uri(file).AbsoluteUri);

        Assert.Equal([new Uri(file).AbsoluteUri], requests);
        Assert.Empty(errors);
        Assert.Contains("order and chaos", await page.TitleAsync());
        Assert.True(
            await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= window.innerWidth"),
            "the page is wider than its window");
        LocatorBoundingBoxResult figure = (await page.Locator("figure svg").BoundingBoxAsync())!;
        Assert.InRange(figure.Width, 0.8 * Math.Min(width, 1040) - 60, width);
        Assert.Equal(0.48, figure.Height / figure.Width, 0.01);

        // Ink on paper in either mode: WCAG's contrast of 4.5 is a difference in lightness of about half.
        int[] ink = await Colour(page, "color"), paper = await Colour(page, "background-color");
        Assert.True(Math.Abs(ink.Sum() - paper.Sum()) > 380, $"ink {string.Join(",", ink)} on paper {string.Join(",", paper)}");
        Assert.Equal(scheme == ColorScheme.Dark, paper.Sum() < 380);

        byte[] print = await page.PdfAsync();
        Assert.True(print.Length > 10_000, $"a print of {print.Length} bytes");
    }

    private static async Task<int[]> Colour(IPage page, string property)
    {
        string text = await page.EvaluateAsync<string>($"getComputedStyle(document.body).getPropertyValue('{property}')");
        return [.. text[(text.IndexOf('(') + 1)..text.IndexOf(')')].Split(',').Take(3)
            .Select(part => int.Parse(part, System.Globalization.CultureInfo.InvariantCulture))];
    }
}
