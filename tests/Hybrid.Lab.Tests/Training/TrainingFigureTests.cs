using System.Xml.Linq;
using Hybrid.Drawing.Figures;
using Hybrid.Lab.Training;
using Xunit;

namespace Hybrid.Lab.Tests.Training;

public class TrainingFigureTests
{
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    [Fact]
    public void Training_and_evaluation_are_lines_and_the_optimum_is_dashed()
    {
        XElement figure = Draw(Losses(40), 1.25);
        string[] lines = [.. figure.Descendants(Svg + "polyline").Select(line => (string)line.Attribute("class")!)];
        // loss, evaluations and optimum, gradient norm and where it is clipped, learning rate, norms at two moments
        Assert.Equal(
            ["theory s0", "theory s1", "theory s2 dashed", "theory s0", "theory s6 dashed", "theory s0", "theory s0", "theory s1"], lines);
        Assert.Contains(figure.Descendants(Svg + "text"), text => text.Value == "optimum 1.25");
    }

    [Fact]
    public void Every_panel_says_what_it_shows_over_what()
    {
        Figure figure = TrainingFigure.Render(
            new(Plans.Small(), TrainingOutcome.Stopped, null, Losses(30), 1),
            1.25,
            [new("no context", 1.9)],
            [new(0, [1, 2, double.NaN]), new(40, [1, 20, 300])]);
        (string Title, string Across, string Up, string[] Names)[] panels =
        [
            ("", "step", "loss, nats per target", ["training", "evaluation", "optimum 1.25", "no context 1.9", "evaluation"]),
            ("gradient norm, 0 % clipped", "step", "", ["training", "clipped at"]),
            ("learning rate", "step", "", ["training"]),
            ("stream, q by layer", "layer", "", ["stream after 0 steps", "stream after 40 steps"]),
        ];
        Assert.Equal(
            panels.Select(panel => $"{panel.Title}|{panel.Across}|{panel.Up}|{string.Join(',', panel.Names)}"),
            figure.Plots.Select(plot => $"{plot.Title}|{Axis(plot, "xaxis")}|{Axis(plot, "yaxis")}|"
                + string.Join(',', plot.Traces.Select(trace => (string)trace!["name"]!))));
        Assert.Equal([1, 20, 300], figure.Plots[3].Traces[1]!["y"]!.AsArray().Select(value => value!.GetValue<double>()));
        string[] words = [.. XDocument.Parse(figure.Svg).Descendants(Svg + "text").Select(text => text.Value).Take(2)];
        Assert.Equal("Training 'small': stopped at step 30 of 40", words[0]);
        Assert.Equal(
            "markov:vocabulary=8,order=1,entropy=1,seed=5; batch 4, learning rate 0.1, engine bigram, seed 5", words[1]);

        static string Axis(Plot plot, string axis) => (string)plot.Layout[axis]!["title"]!["text"]!;
    }

    [Theory]
    [InlineData(TrainingOutcome.Diverged, "diverged at step 30")]
    [InlineData(TrainingOutcome.Running, "at step 30 of 40")]
    [InlineData(TrainingOutcome.Finished, "30 steps")]
    public void The_title_says_how_the_run_ended(TrainingOutcome outcome, string words) => Assert.Equal(
        $"Training 'small': {words}",
        Draw(Losses(30), null, outcome).Descendants(Svg + "text").First().Value);

    [Fact]
    public void The_share_of_clipped_steps_is_that_of_the_log()
    {
        LogEntry[] entries =
            [.. Losses(40).Select(entry => entry with { GradientNorm = entry.Step == 0 ? null : entry.Step <= 10 ? 2 : 0.5 })];
        XElement figure = Draw(entries, null);
        Assert.Contains(figure.Descendants(Svg + "text"), text => text.Value == "gradient norm, 25 % clipped");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(99)]
    [InlineData(100)]
    [InlineData(20_000)]
    public void Runs_of_any_length_lie_within_the_page_and_take_few_points(int steps)
    {
        XElement figure = Draw(Losses(steps), null);
        Assert.Contains(figure.Descendants(Svg + "text"), text => text.Value.EndsWith($" {steps} steps"));
        Assert.InRange(((string)figure.Descendants(Svg + "polyline").First().Attribute("points")!).Split(' ').Length, 1, 300);
    }

    [Fact]
    public void A_loss_that_is_not_finite_is_left_out()
    {
        LogEntry[] entries = [.. Losses(20), new(21, double.NaN, double.NaN, 0.1, null)];
        Draw(entries, 1.25, TrainingOutcome.Diverged);
    }

    private static LogEntry[] Losses(int steps) =>
    [
        new(0, null, null, null, 3),
        .. Enumerable.Range(1, steps).Select(step => new LogEntry(step, 1 + 2.0 / step, 1, 0.1, step % 7 == 0 ? 1.1 + 2.0 / step : null)),
    ];

    private static XElement Draw(LogEntry[] entries, double? optimum, TrainingOutcome outcome = TrainingOutcome.Finished)
    {
        string svg = TrainingFigure.Render(
            new(Plans.Small(), outcome, null, entries, 1), optimum, [], [new(0, [1, 2, double.NaN]), new(40, [1, 20, 300])]).Svg;
        Assert.DoesNotContain("NaN", svg);
        XElement figure = XDocument.Parse(svg).Root!;
        foreach (string point in figure.Descendants(Svg + "polyline").SelectMany(
            line => ((string)line.Attribute("points")!).Split(' ', StringSplitOptions.RemoveEmptyEntries)))
        {
            double[] place = [.. point.Split(',').Select(double.Parse)];
            Assert.InRange(place[0], 0, (double)figure.Attribute("width")!);
            Assert.InRange(place[1], 0, (double)figure.Attribute("height")!);
        }

        return figure;
    }
}
