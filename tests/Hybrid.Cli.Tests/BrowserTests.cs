using System.Globalization;
using System.Text.Json;
using Hybrid.Lab.Tests;
using Xunit;

namespace Hybrid.Cli.Tests;

/// <summary>Pages as a browser shows them: the system's Chromium, where there is one.</summary>
[Collection(ChromiumPages.Name)]
public sealed class BrowserTests(ChromiumProcess chromium)
{
    // In one window after the other: the page follows.
    [ChromiumTheory]
    [InlineData(true, 1200, false, 420, true)]
    [InlineData(false, 1200, true, 420, false)]
    public async Task A_page_fits_its_window_asks_for_nothing_and_shows_its_figures(
        bool isStatic, int width, bool dark, int otherWidth, bool otherDark)
    {
        using TemporaryFolder folder = new();
        string file = folder.Path("phase.html"), address = new Uri(file).AbsoluteUri;
        string[] more = isStatic ? ["--report-static"] : [];
        ReportTests.Run(
            folder, ["phase", "pre-tanh-critical", "--x", "mlp.inStd=1:2:5", "--y", "mlp.branch=0.1:1:4", "--out", file, .. more]);

        await using Chromium browser = await chromium.Open(width, 900, dark);
        await browser.Go(address);
        await browser.Until($"location.href === '{address}' && document.readyState === 'complete'");
        Assert.Contains("order and chaos", (await browser.Value("document.title")).GetString());
        await Fits(browser, isStatic, width, dark);
        await browser.Show(otherWidth, 900, otherDark);
        await Fits(browser, isStatic, otherWidth, otherDark);

        // Images that the page itself holds, such as plotly.js's cells, are no requests to anybody.
        Assert.Equal([address], browser.Requests.Where(request => !request.StartsWith("data:", StringComparison.Ordinal)));
        browser.EnsureNoComplaints();
    }

    [ChromiumFact]
    public async Task A_key_hides_its_series_in_every_panel_and_a_drag_zooms_into_one()
    {
        using TemporaryFolder folder = new();
        string file = folder.Path("two.html");
        ReportTests.Run(folder, ["compare", "pre-tanh-ordered", "pre-tanh-critical", "--report", file]);
        await using Chromium browser = await chromium.Open(1200, 900);
        await browser.Go(new Uri(file).AbsoluteUri);
        await browser.Until("document.querySelectorAll('.js-plotly-plot').length === 4");

        await browser.Value("document.querySelector('.legend button').click()");
        JsonElement seen = await browser.Value(
            "[...document.querySelectorAll('.js-plotly-plot')].map(plot => plot.data.map(trace => trace.visible).join())");
        Assert.Equal(Enumerable.Repeat("false,true", 4), seen.EnumerateArray().Select(plot => plot.GetString()));

        const string Range = "document.querySelector('.js-plotly-plot')._fullLayout.xaxis.range.join()";
        string? before = (await browser.Value(Range)).GetString();
        double[] box = await browser.Box(".js-plotly-plot .nsewdrag");
        double middle = box[1] + (box[3] / 2);
        await browser.Drag((box[0] + (0.3 * box[2]), middle), (box[0] + (0.5 * box[2]), middle), (box[0] + (0.7 * box[2]), middle));
        await browser.Until($"{Range} !== '{before}'");
        browser.EnsureNoComplaints();
    }

    private static async Task Fits(Chromium browser, bool isStatic, int width, bool dark)
    {
        await browser.Until("document.documentElement.scrollWidth <= window.innerWidth");
        await Stacks(browser, isStatic ? width < 640 ? ".narrow .frame" : ".wide .frame" : ".js-plotly-plot", width < 640);
        if (isStatic)
        {
            // Ten pixels high: what is legible.
            double[] word = await browser.Box(width < 640 ? ".narrow text.small" : ".wide text.small");
            Assert.InRange(word[3], 10, 100);
        }

        // Ink on paper in either mode: WCAG's contrast of 4.5 is a difference in lightness of about half.
        int ink = await Lightness(browser, "color"), paper = await Lightness(browser, "background-color");
        Assert.True(Math.Abs(ink - paper) > 380, $"ink {ink} on paper {paper}");
        Assert.Equal(dark, paper < 380);

        // On paper both are drawings.
        await browser.Send("Emulation.setEmulatedMedia", new() { ["media"] = "print" });
        Assert.Equal(("block", "none"), (await Display(browser, ".drawing.wide"), await Display(browser, ".drawing.narrow")));
        Assert.True(isStatic || await Display(browser, ".plots") == "none");
        byte[] print = await browser.Print();
        Assert.True(print.Length > 10_000, $"a print of {print.Length} bytes");
    }

    /// <summary>Whether the first two panels lie below each other or side by side.</summary>
    private static async Task Stacks(Chromium browser, string panels, bool below)
    {
        await browser.Until($"document.querySelectorAll('{panels}').length >= 2");
        JsonElement boxes = await browser.Value(
            $"[...document.querySelectorAll('{panels}')].map(node => node.getBoundingClientRect()).filter(box => box.width > 100)"
            + ".slice(0, 2).flatMap(box => [box.left, box.top, box.bottom, box.right])");
        double[] place = [.. boxes.EnumerateArray().Select(number => number.GetDouble())];
        if (below)
            Assert.True(place[5] >= place[2], $"the second begins at {place[5]}, the first ends at {place[2]}");
        else
            Assert.True(place[4] >= place[3], $"the second begins at {place[4]}, the first ends at {place[3]}");
    }

    private static async Task<string?> Display(Chromium browser, string selector) =>
        (await browser.Value($"getComputedStyle(document.querySelector('{selector}')).display")).GetString();

    /// <summary>Red, green and blue of a colour of the body, from 0 to 765.</summary>
    private static async Task<int> Lightness(Chromium browser, string property)
    {
        JsonElement value = await browser.Value($"getComputedStyle(document.body).getPropertyValue('{property}')");
        string text = value.GetString()!;
        return text[(text.IndexOf('(') + 1)..text.IndexOf(')')].Split(',').Take(3)
            .Sum(part => int.Parse(part, CultureInfo.InvariantCulture));
    }
}
