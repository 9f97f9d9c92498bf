using System.Globalization;
using System.Text.Json;
using Xunit;

namespace Hybrid.Cli.Tests.Explore;

/// <summary>The page of hybrid explore in the system's Chromium: what it shows is what the command prints.</summary>
[Collection(ChromiumPages.Name)]
public sealed class ExploreBrowserTests(ChromiumProcess chromium)
{
    private const string Settled = "document.body?.dataset.busy === 'false' && document.querySelector('#verdict-a')";

    /// <summary>The diagram is the present record's, at its finest: its axes stay where they are.</summary>
    private const string Drawn = "document.querySelector('#phase-a')?.getAttribute('aria-busy') === 'false'";

    [ChromiumFact]
    public async Task What_is_dragged_clicked_and_typed_is_answered_with_the_numbers_of_predict()
    {
        using ExplorePage page = new();
        await using Chromium browser = await chromium.Open(1400, 1000);
        await browser.Go(page.Address.AbsoluteUri);
        await browser.Until(Settled);
        await Agrees(browser, "a");

        double before = await Field(browser, "mlp-inStd");
        double[] slider = await browser.Box("#field-mlp-inStd + input[type=range]");
        (double X, double Y) At(double share) => (slider[0] + (share * slider[2]), slider[1] + (slider[3] / 2));
        double thumb = 8 + ((slider[2] - 16) * before / 20);
        await browser.Drag((slider[0] + thumb, slider[1] + (slider[3] / 2)), At(0.3), At(0.5), At(0.6));
        await browser.Until(Settled);
        Assert.InRange(await Field(browser, "mlp-inStd"), 11, 13);
        await Agrees(browser, "a");

        await browser.Until(Drawn);
        double[] diagram = await browser.Box("#diagram-a");
        (double X, double Y) target = (Math.Round(diagram[0] + (0.4 * diagram[2])), Math.Round(diagram[1] + (0.5 * diagram[3])));
        JsonElement there = await browser.Value($$"""
            (() => { const { xaxis, yaxis } = document.querySelector('#diagram-a')._fullLayout;
            return [xaxis.p2d({{Text(target.X - diagram[0])}} - xaxis._offset), yaxis.p2d({{Text(target.Y - diagram[1])}} - yaxis._offset)];
            })()
            """);
        await browser.Drag(target);
        await browser.Until($"Math.abs(document.querySelector('#field-mlp-inStd').value / {there[0].GetRawText()} - 1) < 1e-3");
        await browser.Until(Settled);

        // Values are taken to four digits.
        Assert.Equal(1, await Field(browser, "mlp-branch") / there[1].GetDouble(), 5e-4);
        await Agrees(browser, "a");

        await browser.Value("document.querySelector('#diagram-a').focus()");
        double branch = await Field(browser, "mlp-branch");
        await browser.Press("ArrowUp");
        await browser.Until($"document.querySelector('#field-mlp-branch').value > {Text(branch)}");
        await browser.Value("document.querySelector('#field-depth + input').focus()");
        await browser.Press("ArrowRight");
        await browser.Until("document.querySelector('#field-depth').value === '16'");
        await browser.Until(Settled);
        await Agrees(browser, "a");

        // The address holds all of it.
        string link = await Copied(browser, "copy-link");
        double counted = await Number(browser, "a", "counted");
        await browser.Go("about:blank");
        await browser.Go(link);
        await browser.Until(Settled);
        Assert.Equal(counted, await Number(browser, "a", "counted"));
        Assert.Contains("<svg", await Copied(browser, "copy-svg"), StringComparison.Ordinal);
        Quiet(browser, page);
    }

    [ChromiumFact]
    public async Task Under_a_mask_a_coarse_answer_comes_first_and_the_exact_one_beside_another_architecture()
    {
        using ExplorePage page = new();
        await using Chromium browser = await chromium.Open(1400, 1000);
        await browser.Go(page.Address.AbsoluteUri);
        await browser.Until(Settled);
        // What was shown is read off the nodes that were added: on a busy machine the exact answer may replace the coarse one at once.
        await browser.Value("""
            window.seen = []; new MutationObserver(records => {
              for (const { target, addedNodes } of records)
                for (const node of target.id === 'verdict-b' ? addedNodes : []) {
                  const badge = node.querySelector?.('.badge')?.textContent;
                  if (badge && seen.at(-1) !== badge) seen.push(badge);
                }
            }).observe(document.body, { subtree: true, childList: true }); 0
            """);
        await browser.Value("document.querySelector('#compare').click()");
        await Choose(browser, "#preset", "gpt2");
        await browser.Until("seen.some(badge => badge.startsWith('coarse')) && seen.at(-1) === 'exact'");
        await browser.Until(Settled);
        string[] seen = [.. (await browser.Value("seen")).EnumerateArray().Select(badge => badge.GetString()!)];
        Assert.Contains(seen, badge => badge.StartsWith("coarse: 2 draws with 8 of 12 heads", StringComparison.Ordinal));
        Assert.Equal("exact", seen[^1]);
        await Agrees(browser, "b");
        await Agrees(browser, "a");
        Quiet(browser, page);
    }

    [ChromiumFact]
    public async Task A_finer_diagram_is_of_what_the_coarser_one_was_though_another_architecture_is_chosen_meanwhile()
    {
        using ExplorePage page = new();
        await using Chromium browser = await chromium.Open(1400, 1000);
        await browser.Go(page.Address.AbsoluteUri);
        await browser.Until($"{Settled} && {Drawn}");
        // The page refines a diagram a while after it is drawn, where that took no time: here when the test says so.
        await browser.Value("""
            window.finer = []; const set = window.setTimeout;
            performance.now = () => 0;
            window.setTimeout = (run, wait) => wait === 60 ? finer.push(run) : set(run, wait); 0
            """);
        await Choose(browser, "#axis-x", "attention.logitStd");
        await browser.Until("finer.length === 1");
        await browser.Value("""
            (() => { const select = document.querySelector('#preset'); select.value = 'gpt2';
            select.dispatchEvent(new Event('change')); finer.shift()(); })()
            """);
        await browser.Until("finer.length > 0");
        await browser.Until(Settled);
        Quiet(browser, page);
    }

    [ChromiumFact]
    public async Task Measured_networks_are_those_of_simulate_and_can_be_stopped()
    {
        using ExplorePage page = new();
        await using Chromium browser = await chromium.Open(1400, 1000);
        await browser.Go(page.Address.AbsoluteUri + "#a=pre-tanh-critical&a=depth=3&a=width=128&a=mlpWidth=128");
        await browser.Until(Settled);
        await browser.Value("document.querySelector('#networks').value = 4; document.querySelector('#measure').click()");
        const string Points = "document.querySelector('#plot-q').data.find(trace => trace.mode === 'markers')";
        await browser.Until(Points);
        double[] shown = [.. (await browser.Value($"{Points}.y")).EnumerateArray().Select(value => value.GetDouble())];
        JsonElement simulated = Json("simulate", "pre-tanh-critical", "--set", "depth=3", "--set", "width=128", "--set", "mlpWidth=128",
            "--samples", "4");
        Assert.Equal(
            simulated.GetProperty("layers").EnumerateArray().Select(layer => layer.GetProperty("q").GetProperty("mean").GetDouble()),
            shown);

        // Networks of which no machine has a thousand before the button is pressed.
        await browser.Value("location.hash = '#a=pre-tanh-critical&a=depth=48&a=width=1024&a=mlpWidth=1024'");
        await browser.Until("document.querySelector('#field-depth').value === '48'");
        await browser.Until(Settled);
        await browser.Value("document.querySelector('#networks').value = 1000; document.querySelector('#measure').click()");
        await browser.Until("document.querySelector('#progress progress').value > 0");
        await browser.Value("document.querySelector('#stop').click()");
        await browser.Until("document.querySelector('#progress').hidden");
        string words = (await browser.Value("document.querySelector('#note').textContent")).GetString()!;
        Assert.InRange(int.Parse(words.Split(' ')[0], CultureInfo.InvariantCulture), 1, 999);
        Quiet(browser, page);
    }

    [ChromiumFact]
    public async Task The_page_fits_its_window_and_is_readable()
    {
        using ExplorePage page = new("post-relu");
        await using Chromium browser = await chromium.Open(1400, 800);
        await browser.Go(page.Address.AbsoluteUri);
        await browser.Until(Settled);
        await browser.Until("document.querySelector('#diagram-a')?._fullLayout");
        await Fits(browser);
        await browser.Show(360, 800, dark: true);
        await Fits(browser);
        Quiet(browser, page);
    }

    private static async Task Fits(Chromium browser)
    {
        await browser.Until("""
            document.documentElement.scrollWidth <= document.documentElement.clientWidth
            && [...document.querySelectorAll('.js-plotly-plot')].every(plot => plot._fullLayout.width <= plot.parentElement.clientWidth + 1)
            """);

        // Every text has the contrast 4.5 that WCAG asks for.
        JsonElement faint = await browser.Value("""
            (() => {
              const light = text => {
                const linear = v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
                const c = text.match(/[\d.]+/g).map(v => linear(v / 255));
                return .2126 * c[0] + .7152 * c[1] + .0722 * c[2];
              };
              const paper = node => { for (; node; node = node.parentElement) {
                const colour = getComputedStyle(node).backgroundColor;
                if (!/, 0\)$|transparent/.test(colour)) return light(colour); } return 1; };
              return [...document.querySelectorAll('h1,h2,p,label,dt,dd,button,summary,figcaption,legend,b,small')]
                .filter(node => node.offsetParent && node.textContent.trim()).filter(node => {
                  const [x, y] = [light(getComputedStyle(node).color), paper(node)].sort((a, b) => b - a);
                  return (x + .05) / (y + .05) < 4.5; }).map(node => node.tagName + ' ' + node.textContent.slice(0, 40));
            })()
            """);
        Assert.Empty(faint.EnumerateArray().Select(node => node.GetString()));
    }

    /// <summary>Every number of a side's card is the one that the copied command prints.</summary>
    private static async Task Agrees(Chromium browser, string side)
    {
        await browser.Value($"document.querySelector('#side-{side}').click()");
        string[] words = [.. DocumentedCommands.Of($"```\n{await Copied(browser, "copy-command")}\n```").Single()];
        JsonElement root = Json(words), last = root.GetProperty("layers").EnumerateArray().Last();
        Assert.Equal(root.GetProperty("trainable").GetProperty("verdict").GetString(),
            (await browser.Value($"document.querySelector('#verdict-{side}').dataset.verdict")).GetString());
        await Equal("counted", root.GetProperty("trainable").GetProperty("counted"));
        await Equal("angleExponent", root.GetProperty("angleExponent"));
        await Equal("gradientExponent", root.GetProperty("gradientExponent"));
        await Equal("u", last.GetProperty("u"));
        await Equal("q", last.GetProperty("q"));
        await Equal("gradientDiagonal", root.GetProperty("layers")[0].GetProperty("gradientDiagonal"));

        async Task Equal(string name, JsonElement expected) =>
            Assert.True(expected.GetDouble() == await Number(browser, side, name), $"{string.Join(' ', words)}: {name}");
    }

    private static void Quiet(Chromium browser, ExplorePage page)
    {
        browser.EnsureNoComplaints();
        Assert.All(
            browser.Requests.Where(request => !request.StartsWith("data:", StringComparison.Ordinal) && request != "about:blank"),
            request => Assert.StartsWith(page.Address.AbsoluteUri, request));
    }

    private static async Task<double> Number(Chromium browser, string side, string name) => double.Parse(
        (await browser.Value($"document.querySelector('#verdict-{side} [data-number={name}]').dataset.value")).GetString()!,
        CultureInfo.InvariantCulture);

    private static async Task<double> Field(Chromium browser, string id) => double.Parse(
        (await browser.Value($"document.querySelector('#field-{id}').value")).GetString()!, CultureInfo.InvariantCulture);

    private static async Task<string> Copied(Chromium browser, string button)
    {
        await browser.Value($"delete document.body.dataset.copied; document.querySelector('#{button}').click()");
        await browser.Until("document.body.dataset.copied");
        return (await browser.Value("document.body.dataset.copied")).GetString()!;
    }

    private static async Task Choose(Chromium browser, string selector, string value) => await browser.Value($$"""
        (() => { const select = document.querySelector('{{selector}}'); select.value = '{{value}}';
        select.dispatchEvent(new Event('change')); })()
        """);

    private static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static JsonElement Json(params string[] words)
    {
        CommandRun run = CommandRun.Of([.. words, "--json"]);
        Assert.Equal((0, ""), (run.ExitCode, words[0] == "simulate" ? "" : run.Error));
        return JsonDocument.Parse(run.Output).RootElement;
    }
}
