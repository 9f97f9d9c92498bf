using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Hybrid.Architectures;
using Hybrid.Drawing.Figures;
using Hybrid.Lab.Checks;
using Hybrid.Lab.Comparisons;
using Hybrid.Lab.Phases;
using Hybrid.Lab.Statistics;
using Hybrid.Lab.Tests.Fakes;
using Hybrid.Theory;
using Xunit;
using GenericChart = Plotly.NET.GenericChart;

namespace Hybrid.Lab.Tests;

public class FigureTests
{
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    [Fact]
    public void The_layer_figure_is_well_formed_and_holds_only_finite_coordinates_within_its_page()
    {
        EnsureSound(LayerFigure.Render("A <title> & more", "sub", [Curve(), Curve(correlation: 1)]).Svg);
    }

    [Fact]
    public void Every_measured_layer_has_a_mark_and_every_theory_a_line()
    {
        XElement figure = EnsureSound(LayerFigure.Render("title", "sub", [Curve()]).Svg);
        int depth = ComparisonTests.Small().Depth;
        // Four panels; |g_o| of the output is 0 and has no place on a logarithmic axis, g_d of a key is the legend's mark.
        int marks = figure.Descendants(Svg + "path").Count(path => ((string?)path.Attribute("class"))?.StartsWith("mark ") == true);
        Assert.InRange(marks, 4 * (depth + 1), 4 * (depth + 1) + 1);
        Assert.Equal(4, figure.Descendants(Svg + "polyline").Count());
    }

    [Fact]
    public void Rounding_where_the_theory_is_exactly_zero_does_not_stretch_the_axis()
    {
        LayerCurve curve = Curve();
        LayerCurve rounded = curve with
        {
            Measured = [.. curve.Measured.Select(
                layer => layer.GradientOffDiagonal.Mean == 0 ? layer with { GradientOffDiagonal = new(1e-18, 1e-19, 4) } : layer)],
        };
        Assert.NotEqual(curve.Measured, rounded.Measured);
        // What a pointer shows names the value; everything that is drawn is the same.
        static string Drawn(LayerCurve curve) => Regex.Replace(LayerFigure.Render("title", "sub", [curve]).Svg, "<title>[^<]*</title>", "");
        Assert.Equal(Drawn(curve), Drawn(rounded));
    }

    [Fact]
    public void A_negative_overlap_is_drawn_open()
    {
        LayerCurve curve = Curve();
        LayerCurve negative = curve with
        {
            Measured = [.. curve.Measured.Select(layer => layer with { GradientOffDiagonal = new(-0.1, 0.01, 4) })],
        };
        Assert.Contains(" open\"", LayerFigure.Render("title", "sub", [negative]).Svg);
        Assert.DoesNotContain(" open\"", LayerFigure.Render("title", "sub", [curve]).Svg);
    }

    [Fact]
    public void Figures_are_the_same_in_every_culture()
    {
        CultureInfo before = CultureInfo.CurrentCulture;
        string expected = LayerFigure.Render("title", "sub", [Curve()]).Svg + PhaseFigure.Render(Grid()).Svg;
        try
        {
            CultureInfo commas = (CultureInfo)CultureInfo.InvariantCulture.Clone();
            commas.NumberFormat.NumberDecimalSeparator = ",";
            commas.NumberFormat.NegativeSign = "~";
            CultureInfo.CurrentCulture = commas;
            Assert.Equal(expected, LayerFigure.Render("title", "sub", [Curve()]).Svg + PhaseFigure.Render(Grid()).Svg);
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public void The_phase_figure_draws_and_labels_both_zero_lines_in_both_panels()
    {
        XElement figure = EnsureSound(PhaseFigure.Render(Grid()).Svg);
        string[] lines = [.. figure.Descendants(Svg + "polyline").Select(line => (string)line.Attribute("class")!)];
        Assert.Equal(2, lines.Count(line => line == "contour"));
        Assert.Equal(2, lines.Count(line => line == "contour dashed"));
        string[] labels = [.. figure.Descendants(Svg + "text").Where(
            text => ((string?)text.Attribute("class"))?.StartsWith("on-map") == true).Select(text => text.Value)];
        string[] panel = ["λa = 0", "λg = 0", "order", "chaos"];
        Assert.Equal([.. panel, .. panel], labels);
        string[] texts = [.. figure.Descendants(Svg + "text").Select(text => text.Value)];
        Assert.Equal(2, texts.Count(text => text == "σw (mlp.inStd)"));
        Assert.Equal(2, texts.Count(text => text == "aA = aM (attention.branch, mlp.branch)"));
    }

    [Fact]
    public void Every_panel_of_the_layer_figure_says_its_quantity_and_shows_it_in_theory_and_as_measured_with_two_standard_errors()
    {
        LayerCurve curve = Curve();
        (string Title, Func<LayerPrediction, double> Theory, Func<LayerMeasurement, Estimate> Measured)[] panels =
        [
            ("residual stream: squared norm q", layer => layer.Q, layer => layer.Q),
            ("angle between tokens: u = 1 − ρ", layer => layer.U, layer => layer.U),
            ("gradient: squared norm g_d", layer => layer.GradientDiagonal, layer => layer.GradientDiagonal),
            ("gradient overlap of two tokens: |g_o|", layer => layer.GradientOffDiagonal, layer => layer.GradientOffDiagonal),
        ];
        IReadOnlyList<Plot> plots = LayerFigure.Render("title", "sub", [curve]).Plots;
        Assert.Equal(panels.Select(panel => panel.Title), plots.Select(plot => plot.Title));
        for (int panel = 0; panel < panels.Length; panel++)
        {
            (Plot plot, Func<LayerPrediction, double> theory) = (plots[panel], panels[panel].Theory);
            Func<LayerMeasurement, Estimate> measured = panels[panel].Measured;
            Assert.Equal("blocks passed ℓ", (string)plot.Layout["xaxis"]!["title"]!["text"]!);
            // An exact 0, which is |g_o| at the output, has no logarithm; what is measured there is rounding.
            bool logarithmic = (string)plot.Layout["yaxis"]!["type"]! == "log";
            Assert.Equal(
                curve.Theory.Select(layer => logarithmic && theory(layer) == 0 ? null : (double?)Math.Abs(theory(layer))),
                Numbers(plot.Traces[0]!["y"]!));
            Estimate[] shown =
                [.. curve.Measured.Where(layer => !logarithmic || theory(curve.Theory[layer.Layer]) != 0).Select(measured)];
            Assert.Equal(shown.Select(estimate => (double?)Math.Abs(estimate.Mean)), Numbers(plot.Traces[1]!["y"]!));
            double?[] bars = [.. Numbers(plot.Traces[1]!["error_y"]!["array"]!)];
            // the bar's upper end less the mean, each rounded
            Assert.All(shown.Zip(bars), pair => Assert.Equal(
                2 * pair.First.StandardError, pair.Second!.Value, 4 * Math.ScaleB(1, -52) * Math.Abs(pair.First.Mean)));
        }

        static IEnumerable<double?> Numbers(System.Text.Json.Nodes.JsonNode values) =>
            values.AsArray().Select(value => value?.GetValue<double>());
    }

    [Fact]
    public void The_phase_figure_says_whose_exponents_they_are_over_which_fields_and_what_its_marks_mean()
    {
        PhaseGrid grid = Grid();
        Figure figure = PhaseFigure.Render(grid, Measured(), hover: true);
        Assert.Equal(["angle exponent λ_a", "gradient exponent λ_g"], figure.Plots.Select(plot => plot.Title));
        foreach ((Plot plot, double[,] values) in figure.Plots.Zip((double[][,])[grid.Angle, grid.Gradient]))
        {
            Assert.Equal("σ<sub>w</sub> (mlp.inStd)", (string)plot.Layout["xaxis"]!["title"]!["text"]!);
            Assert.Equal(
                "a<sub>A</sub> = a<sub>M</sub> (attention.branch, mlp.branch)", (string)plot.Layout["yaxis"]!["title"]!["text"]!);
            for (int j = 0; j < grid.Y.Count; j++)
            {
                Assert.Equal(
                    Enumerable.Range(0, grid.X.Count).Select(i => values[i, j]),
                    plot.Traces[0]!["z"]![j]!.AsArray().Select(value => value!.GetValue<double>()));
            }
        }

        XElement drawn = EnsureSound(figure.Svg);
        string words = string.Join(' ', drawn.Descendants(Svg + "text").Select(text => text.Value));
        Assert.StartsWith($"Order and chaos: exponents per block of '{grid.Architecture.Name}' ", words);
        Assert.Contains("λa at the collapsed line, λg at the attracting state; λa < 0: tokens collapse, λa > 0: tokens repel. ", words);
        Assert.Contains(
            "Marks: networks, carried to infinite width; a circle agrees, a cross disagrees, a triangle is inconclusive. ", words);
        Assert.Contains(" angle exponent λa ", words);
        Assert.Contains(" gradient exponent λg ", words);
        // under the pointer: the values of a cell and of a measured point
        string[] said = [.. drawn.Descendants(Svg + "title").Select(title => title.Value)];
        // σ_w − 1.2 − a_M at the first point of both axes
        Assert.Equal(-0.8, grid.Angle[0, 0], 1e-15);
        Assert.Contains(
            "λ_a = -0.80000 at σ_w (mlp.inStd) = 0.50000, a_A = a_M (attention.branch, mlp.branch) = 0.10000", said);
        Assert.Contains("λ_a measured -0.100 ± 0.010, at infinite width -0.100 ± 0.010; predicted -0.10000: agrees", said);
    }

    // A region of 11 × 11 points, 20 units apart from (100, 50) on: the point with the most room to all edges, lines and dots.
    [Fact]
    public void A_phase_is_named_where_there_is_most_room()
    {
        PhaseGrid grid = Region(PhaseAxis.Parse("mlp.inStd=1:2:11", "--x"), PhaseAxis.Parse("mlp.branch=1:2:11", "--y"), -1);
        Panel panel = PanelOf(grid, 200, 200);
        Near((200, 150), RegionLabel.Place(grid, -1, [], [], panel));
        Assert.Null(RegionLabel.Place(grid, 1, [], [], panel));
        // edges and lines count alike: 50 units from a short line in the middle and 60 from two edges, where three points take the
        // like places; none where there is no room of 34
        (double, double)[] line = [.. Enumerable.Range(0, 21).Select(i => (190.0 + i, 150.0)), (160, 200), (240, 200), (240, 100)];
        Near((160, 110), RegionLabel.Place(grid, -1, line, [], panel));
        Assert.Null(RegionLabel.Place(grid, -1, [], [], PanelOf(grid, 60, 200)));
        Assert.NotNull(RegionLabel.Place(grid, -1, [], [], PanelOf(grid, 80, 200)));
        // no dot is under the name, 39.5 units across and 14.5 down; where there are dots everywhere they are passed over
        (double X, double Y) beside = RegionLabel.Place(grid, -1, [], [(200, 150)], panel)!.Value;
        Assert.True(Math.Abs(beside.X - 200) >= 39.5 || Math.Abs(beside.Y - 150) >= 14.5, $"{beside}");
        (double, double)[] dots = [.. Enumerable.Range(0, 121).Select(i => (100.0 + (20 * (i / 11)), 50.0 + (20 * (i % 11))))];
        Near((200, 150), RegionLabel.Place(grid, -1, [], dots, panel));

        static void Near((double X, double Y) expected, (double X, double Y)? there) => Assert.True(
            Math.Abs(there!.Value.X - expected.X) <= 1e-9 && Math.Abs(there.Value.Y - expected.Y) <= 1e-9, $"{expected} and {there}");

        static Panel PanelOf(PhaseGrid grid, double width, double height) => new(
            100, 50, width, height, AxisScale.Linear(grid.X.Low, grid.X.High), AxisScale.Linear(grid.Y.Low, grid.Y.High));

        static PhaseGrid Region(PhaseAxis x, PhaseAxis y, double angle)
        {
            double[,] values = new double[x.Count, y.Count];
            for (int i = 0; i < x.Count * y.Count; i++)
                values[i / y.Count, i % y.Count] = angle;
            return new(ArchitectureModule.Defaults, x, y, values, values, values, [], []);
        }
    }

    [Fact]
    public void Figures_of_narrow_pages_lie_within_400_units_and_hold_the_same_curves()
    {
        Figure layers = LayerFigure.Render("A title that is longer than a narrow page has room for", "sub", [Curve()]);
        foreach (Figure figure in (Figure[])[layers, PhaseFigure.Render(Grid(), Measured())])
        {
            XElement narrow = EnsureSound(figure.Narrow), wide = EnsureSound(figure.Svg);
            Assert.Equal(400, (double)narrow.Attribute("width")!);
            foreach (string shape in (string[])["path", "polyline"])
                Assert.Equal(Classes(wide, shape), Classes(narrow, shape));
        }

        static IEnumerable<string?> Classes(XElement figure, string shape) =>
            figure.Descendants(Svg + shape).Select(node => (string?)node.Attribute("class"));
    }

    [Fact]
    public void Order_and_chaos_are_named_beside_49_measured_points()
    {
        Figure figure = PhaseFigure.Render(Grid(), Measured());
        foreach (string svg in (string[])[figure.Svg, figure.Narrow])
        {
            string[] texts = [.. EnsureSound(svg).Descendants(Svg + "text").Select(text => text.Value)];
            Assert.All((string[])["order", "chaos"], phase => Assert.Equal(2, texts.Count(text => text == phase)));
        }

        string[] words = [.. figure.Plots[0].Layout["annotations"]!.AsArray().Select(note => note!["text"]!.GetValue<string>())];
        Assert.Equal(["order", "chaos"], words);
    }

    [Fact]
    public void The_shape_of_a_measured_point_says_its_verdict()
    {
        PhaseMeasurement measured = Measured();
        Figure figure = PhaseFigure.Render(Grid(), measured);
        string[] symbols = [.. figure.Plots[0].Traces[1]!["marker"]!["symbol"]!.AsArray().Select(symbol => symbol!.GetValue<string>())];
        Assert.Equal(
            measured.Points.Select(point => point.Angle.Agreement switch
            {
                Agreement.Agrees => "circle",
                Agreement.Disagrees => "cross",
                _ => "triangle-up",
            }),
            symbols);
        Assert.Contains("a cross disagrees", figure.Svg);
        Assert.DoesNotContain("a cross disagrees", PhaseFigure.Render(Grid()).Svg);
    }

    [Fact]
    public void A_figure_is_a_chart_of_Plotly_NET_for_every_panel_that_asks_nobody()
    {
        Figure figure = LayerFigure.Render("title", "sub", [Curve()]);
        IReadOnlyList<GenericChart> charts = figure.Charts();
        Assert.Equal(figure.Plots.Count, charts.Count);
        foreach ((GenericChart chart, Plot plot) in charts.Zip(figure.Plots))
        {
            string html = GenericChart.toEmbeddedHTML(chart);
            Assert.DoesNotContain("src=\"http", html);
            // The first number of the theory's line is in what a notebook is given.
            Assert.Contains(plot.Traces[0]!["y"]![1]!.ToJsonString(), html);
        }
    }

    [Fact]
    public void A_zero_line_that_does_not_exist_is_said_to_be_absent()
    {
        PhaseGrid grid = Grid();
        double[,] positive = new double[grid.X.Count, grid.Y.Count];
        for (int i = 0; i < grid.X.Count * grid.Y.Count; i++)
            positive[i / grid.Y.Count, i % grid.Y.Count] = 1 + i;
        XElement figure = EnsureSound(PhaseFigure.Render(grid with { Gradient = positive, GradientZero = [] }).Svg);
        Assert.Contains(figure.Descendants(Svg + "text"), text => text.Value.Contains("λg > 0 throughout"));
    }

    [Theory]
    [InlineData(new[] { 0.0, 12.0 }, false, "0 5 10")]
    [InlineData(new[] { 1e-3, 50.0 }, true, "10⁻³ 10⁻² 10⁻¹ 1 10")]
    [InlineData(new[] { 1e-12, 1.0 }, true, "10⁻¹² 10⁻¹⁰ 10⁻⁸ 10⁻⁶ 10⁻⁴ 10⁻² 1")]
    [InlineData(new[] { 0.8, 0.95 }, false, "0.8 0.85 0.9 0.95")]
    [InlineData(new[] { -0.2, 0.4 }, false, "−0.2 0 0.2 0.4")]
    [InlineData(new[] { 2.0, 90.0 }, true, "2 5 10 20 50 100")]
    // Equal but for rounding: ticks between the two would never end.
    [InlineData(new[] { 1.0, 1.0000000000000002 }, false, "0.9 0.95 1 1.05 1.1")]
    public void Axes_have_round_ticks(double[] values, bool logarithmic, string labels)
    {
        AxisScale scale = AxisScale.Fitting(values);
        Assert.Equal(logarithmic, scale.Logarithmic);
        Assert.Equal(labels, string.Join(' ', scale.Ticks.Select(tick => tick.Label)));
        Assert.All(scale.Ticks, tick => Assert.InRange(tick.Value, scale.Low * (1 - 1e-9) - 1e-9, scale.High * (1 + 1e-9) + 1e-9));
    }

    [Theory]
    [InlineData(new[] { -0.2, 0.5 }, "−0.1 0 0.1 0.3")]
    [InlineData(new[] { -15.0, 31.0 }, "−10 −3 −1 0 1 3 10 30")]
    [InlineData(new[] { 0.2, 500.0 }, "0 1 3 10 30 100 300")]
    public void Signed_axes_have_zero_and_powers_of_ten_on_either_side(double[] values, string labels)
    {
        AxisScale scale = AxisScale.Signed(values);
        Assert.Equal(labels, string.Join(' ', scale.Ticks.Select(tick => tick.Label)));
        Assert.All(values, value => Assert.InRange(scale.Position(value), 0.01, 0.99));
        // By its definition, linear in asinh.
        double middle = Math.Sinh((Math.Asinh(scale.Low) + Math.Asinh(scale.High)) / 2);
        Assert.Equal(0.5, scale.Position(middle), 1e-12);
    }

    [Fact]
    public void The_plane_figure_colours_every_point_from_one_end_of_the_bar_to_the_other()
    {
        PlanePoint[] points = [new(-4, 2, 1, 0, "low"), new(0.5, 0, 1.5, 1, "middle"), new(40, -0.1, 7, 0, "beyond")];
        XElement figure = EnsureSound(PlaneFigure.Render(
            "title", "sub", ("x", "y"), ("loss", 1, 2), ["one", "other"], 3, [new("first", points), new("second", points)]).Svg);
        string[] colours = [.. figure.Descendants(Svg + "path").Where(path => (string?)path.Attribute("class") == "coloured")
            .Select(path => (string)path.Attribute("fill")!)];
        string[] expected = [DivergingColours.At(-1), DivergingColours.At(0), DivergingColours.At(1)];
        Assert.Equal([.. expected, .. expected], colours);
    }

    /// <summary>Parses, and checks that every number of every attribute is finite and every position on the page.</summary>
    private static XElement EnsureSound(string svg)
    {
        XElement figure = XDocument.Parse(svg).Root!;
        Assert.DoesNotContain("NaN", svg);
        Assert.DoesNotContain("Infinity", svg);
        double width = (double)figure.Attribute("width")!, height = (double)figure.Attribute("height")!;
        foreach (XElement element in figure.Descendants())
        {
            foreach (string name in (string[])["x", "x1", "x2"])
                Assert.InRange((double?)element.Attribute(name) ?? 0, -10, width);
            foreach (string name in (string[])["y", "y1", "y2"])
                Assert.InRange((double?)element.Attribute(name) ?? 0, -10, height);
        }

        return figure;
    }

    private static LayerCurve Curve(double correlation = 0.5)
    {
        CheckReport report = ComparisonTests.Run(ComparisonTests.Small(correlation: correlation), FakeEngine.Entry(), 4, 1, 0.01);
        return LayerCurve.Of(report.Comparisons.Single());
    }

    private static PhaseMeasurement Measured()
    {
        PhaseGrid grid = Grid();
        return new(2, 0.01, [.. from x in Enumerable.Range(0, 7)
                                from y in Enumerable.Range(0, 7)
                                select new MeasuredPoint(
                                    Middle(grid.X, x), Middle(grid.Y, y), Exponent(-0.1, Verdict(x)), Exponent(0.1, Verdict(y)))]);

        static ExponentComparison Exponent(double value, Agreement agreement) =>
            new(value, new(value, 0.01, 2), new(value, new(0.01, 1), 0, 0), 0.05, agreement);

        static Agreement Verdict(int number) => (Agreement)(number % 3);

        static double Middle(PhaseAxis axis, int part) => axis.Low + ((axis.High - axis.Low) * (part + 0.5) / 7);
    }

    private static PhaseGrid Grid()
    {
        static PhasePoint Point(Architecture architecture) => new(
            architecture.Mlp.InStd - 1.2 - architecture.Mlp.Branch.At(1), 2.1 - architecture.Mlp.InStd, 0, 0.5, true);
        return PhaseGrid.Compute(
            ArchitectureModule.Defaults,
            PhaseAxis.Parse("mlp.inStd=0.5:3:12", "--x"),
            PhaseAxis.Parse("attention.branch,mlp.branch=0.1:0.9:10", "--y"),
            _ => new PhaseLaw(path => [.. path.Select(Point)], Point),
            1,
            _ => { },
            CancellationToken.None);
    }
}
