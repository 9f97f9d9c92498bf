using System.Xml.Linq;
using Hybrid.Drawing.Figures;
using Hybrid.Import.Tests.Checkpoints;
using Hybrid.Lab.Probes;
using Hybrid.Lab.Statistics;
using Xunit;

namespace Hybrid.Lab.Tests.Probes;

public sealed class ProbeFigureTests
{
    private const string Gradient = "gradient of the loss at the stream";

    private static readonly ProbePlan Plan = new(null, 2, null, null, null, 0, false, 1, 1);

    [Fact]
    public void Every_panel_says_its_quantity_and_shows_it_in_every_layer_of_both_networks()
    {
        ProbeResult[] results = [Run("llama", Plan), Run("gpt2", Plan) with { Name = "other" }];
        Figure figure = ProbeFigure.Render(results);
        (string Title, string Across, (string Name, Func<ProbeResult, IEnumerable<double>> Values)[] Series)[] expected =
        [
            ("residual stream: norm √q of a token", "blocks passed ℓ",
            [
                ("measured", result => result.Boundaries.Select(at => Math.Sqrt(at.Q))),
                ("position 0", result => result.Boundaries.Select(at => Math.Sqrt(at.FirstQ))),
                ("theory before training", result => result.Theory.Q.Select(Math.Sqrt)),
                ("best fit", result => new[] { 1, 2 }.Select(layer => 3 * Math.Exp(0.2 * layer))),
            ]),
            ("branches: cosine with the stream", "block",
            [
                ("attention", result => result.Attention.Select(branch => branch.Correlation)),
                ("MLP", result => result.Mlp.Select(branch => branch.Correlation)),
            ]),
            ("angle between tokens: u = 1 − ρ", "blocks passed ℓ",
            [
                ("measured", result => result.Boundaries.Select(at => at.U)),
                ("theory before training", result => result.Theory.U),
            ]),
            ("attention: entropy over the largest there is", "block",
            [
                ("attention", result => result.Heads.Select(head => head.Entropy / head.Allowed)),
                ("weight on position 0", result => result.Heads.Select(head => head.OnFirst)),
            ]),
            (Gradient, "blocks passed ℓ", [("measured", result => result.Boundaries.Select(at => at.Gradient))]),
            ("largest activation over the median", "blocks passed ℓ",
                [("measured", result => result.Boundaries.Select(at => at.Largest / at.Median))]),
        ];
        Assert.Equal(expected.Select(panel => panel.Title), figure.Plots.Select(plot => plot.Title));
        foreach ((Plot plot, (string _, string across, (string Name, Func<ProbeResult, IEnumerable<double>> Values)[] series)) in
            figure.Plots.Zip(expected))
        {
            Assert.Equal(across, (string)plot.Layout["xaxis"]!["title"]!["text"]!);
            Assert.Equal(2 * series.Length, plot.Traces.Count);
            foreach ((string name, Func<ProbeResult, IEnumerable<double>> values) in series)
            {
                foreach (ProbeResult result in results)
                {
                    string shown = result == results[0] ? name : $"{name}, 'other'";
                    System.Text.Json.Nodes.JsonNode trace = plot.Traces.Single(trace => (string)trace!["name"]! == shown)!;
                    double[] right = [.. values(result)];
                    double[] there = [.. trace["y"]!.AsArray().Select(value => value!.GetValue<double>())];
                    // the fit of an exact exponential is that to rounding
                    Assert.Equal(right.Length, there.Length);
                    Assert.All(right.Zip(there), pair => Assert.Equal(pair.First, pair.Second, 1e-12 * Math.Abs(pair.First)));
                    Assert.Equal(
                        Enumerable.Range(name == "best fit" || across == "block" ? 1 : 0, right.Length).Select(layer => (double)layer),
                        trace["x"]!.AsArray().Select(value => value!.GetValue<double>()));
                    if (trace["marker"] is { } marker)
                    {
                        Assert.All(
                            marker["symbol"]!.AsArray(),
                            symbol => Assert.Equal(result != results[0], ((string)symbol!).EndsWith("-open", StringComparison.Ordinal)));
                    }
                }
            }
        }

        Assert.StartsWith(
            "'llama' and 'other': how signals pass through the trained network 2 × 8 tokens, tokens of ids.txt; position 0 apart ",
            Words(figure));
    }

    [Fact]
    public void What_was_not_measured_has_no_panel_and_no_line()
    {
        ProbeResult whole = Run("llama", Plan), quick = Run("llama", Plan with { Quick = true }) with { Growth = null };
        Assert.DoesNotContain(ProbeFigure.Render([quick]).Plots, plot => plot.Title == Gradient);
        Plot one = ProbeFigure.Render([quick, whole]).Plots.Single(plot => plot.Title == Gradient);
        Assert.Equal("measured", (string)Assert.Single(one.Traces)!["name"]!);
        ProbeResult bare = quick with { Theory = new([], [], "none") };
        Assert.Equal(["measured", "position 0"], Names(0));
        Assert.Equal(["measured"], Names(2));
        Assert.Throws<ArgumentOutOfRangeException>(() => ProbeFigure.Render([]));
        Assert.Throws<ArgumentOutOfRangeException>(() => ProbeFigure.Render([whole, whole, whole]));

        IEnumerable<string> Names(int panel) => ProbeFigure.Render([bare]).Plots[panel].Traces.Select(trace => (string)trace!["name"]!);
    }

    private static ProbeResult Run(string family, ProbePlan plan) => ProbeTests.Run(family, Fixture.Read(family).Ids, plan) with
    {
        First = 1,
        Last = 2,
        Growth = GrowthComparison.OfNorms(layer => 3 * Math.Exp(0.2 * layer), 3, 10),
    };

    private static string Words(Figure figure) => string.Join(
        ' ', XDocument.Parse(figure.Svg).Descendants().Where(element => element.Name.LocalName == "text").Select(element => element.Value));
}
