using Hybrid.Drawing.Figures;
using Hybrid.Drawing.Reports;
using Hybrid.Lab.Statistics;

namespace Hybrid.Experiments.ResidualGrowth;

/// <summary>Norms and correlations by layer, growth by network.</summary>
internal static class ResidualGrowthFigures
{
    private const string MeasuredBefore = "before training", MeasuredAfter = "after training", Gains = "RMS of the gain";

    // Numbers of colours and markers.
    private const int BeforeStyle = 6, AfterStyle = 0, GainStyle = 4, FirstForm = 1;

    /// <summary>√q by boundary on a logarithmic axis, a panel for each network.</summary>
    public static ReportFigure Norms(IReadOnlyList<GrownStreams> streams, ResidualGrowthSize size) => new(
        "norms.svg",
        "Norm of the residual stream by layer before and after training, with the theory before training and the fits after it",
        CurveFigure.Render(
            "Norm of the residual stream, √q = ‖x‖/√d",
            "points: mean over runs ± 2 standard errors; line through “before training”: "
            + "predicted; other lines: fits of the stated layers after training",
            [.. streams.Select(item => Norms(item, size))]));

    /// <summary>Cosine of branch and stream by block, a panel for each task.</summary>
    public static ReportFigure Correlations(IReadOnlyList<GrownStreams> streams, ResidualGrowthSize size)
    {
        int[] blocks = [.. Enumerable.Range(1, size.Depth)];
        return new(
            "correlations.svg",
            "Cosine of branch and stream by block after training",
            CurveFigure.Render(
                "Cosine of branch and stream",
                "points: mean over runs, tokens and both branches of a block "
                + "after training ± 2 standard errors; line: independent branches",
                [.. streams.GroupBy(item => item.Network.Task).Select(task => new CurvePanel(
                    task.Key.Name,
                    "block",
                    "",
                    [
                        .. task.Select((item, style) => new CurveSeries(
                            item.Network.Placement,
                            style,
                            [],
                            [.. blocks.Select(block => Point(block, item.After, profile => profile.Correlation(block)))])),
                        new("independent", BeforeStyle, [(1, 0), (size.Depth, 0)], []),
                    ])
                {
                    HorizontalScale = AxisScale.Linear(0, size.Depth + 1),
                })]));
    }

    /// <summary>Growth per block with its interval, before and after training.</summary>
    public static ReportFigure Growth(IReadOnlyList<GrownStreams> streams, double rate) => new(
        "growth.svg",
        "Growth of the norm per block by the exponential fit, before and after training",
        IntervalFigure.Render(
            "Growth of √q per block, %",
            "exponential fit of the stated layers, mean over runs with its interval "
            + "at the registered level; GPT-2 XL is known to grow by 4.5 % per layer",
            [.. streams.SelectMany(item => new[]
            {
                Row(item, MeasuredBefore, item.PercentAt(0), rate),
                Row(item, MeasuredAfter, item.Percent, rate),
            })]));

    /// <summary>Growth per block over the steps of training, a panel for each task.</summary>
    public static ReportFigure Training(IReadOnlyList<GrownStreams> streams, ResidualGrowthSize size)
    {
        int[] steps = [.. Enumerable.Range(0, ResidualGrowthSize.Moments + 1).Select(moment => moment * size.Every)];
        return new(
            "training.svg",
            "Growth of the norm per block by the exponential fit over the steps of training",
            CurveFigure.Render(
                "Growth of √q per block over training, %",
                "points: exponential fit of the stated layers, mean over runs ± 2 standard errors",
                [.. streams.GroupBy(item => item.Network.Task).Select(Panel)]));

        CurvePanel Panel(IGrouping<GrowthTask, GrownStreams> task)
        {
            CurveSeries[] series = [.. task.Select((item, style) =>
            {
                CurvePoint[] points = [.. steps.Select(step => (Step: step, Growth: item.PercentAt(step)))
                    .Select(point => new CurvePoint(point.Step, point.Growth.Mean, 2 * point.Growth.StandardError))];
                return new CurveSeries(item.Network.Placement, style, [.. points.Select(point => (point.X, point.Y))], points);
            })];
            // Linear though all may be above 0: under post growth is nothing at all, not a small number.
            double[] values = [.. series.SelectMany(curve => curve.Points)
                .SelectMany(point => new[] { point.Y - point.Error, point.Y, point.Y + point.Error })
                .Where(double.IsFinite), 0];
            double margin = 0.06 * Math.Max(1, values.Max() - values.Min());
            return new(task.Key.Name, "step", "", series)
            {
                VerticalScale = AxisScale.Linear(values.Min() - margin, values.Max() + margin),
            };
        }
    }

    private static IntervalRow Row(GrownStreams item, string moment, Estimate growth, double rate)
    {
        double half = ResidualGrowthTables.HalfWidth(growth, rate);
        return new($"{item.Network.Subject}, {moment}", growth.Mean, growth.Mean - half, growth.Mean + half);
    }

    private static CurvePanel Norms(GrownStreams item, ResidualGrowthSize size)
    {
        int[] layers = [.. Enumerable.Range(0, size.Depth + 1)];
        List<CurveSeries> series =
        [
            new(
                MeasuredBefore,
                BeforeStyle,
                [.. layers.Select(layer => ((double)layer, Math.Sqrt(item.Network.Predicted[layer].Mean)))],
                [.. layers.Select(layer => Point(layer, item.Before, profile => Math.Sqrt(profile.Q(layer))))]),
            new(MeasuredAfter, AfterStyle, [],
                [.. layers.Select(layer => Point(layer, item.After, profile => Math.Sqrt(profile.Q(layer))))]),
        ];
        if (item.After.Length > 0)
        {
            // Every run's fit is judged by itself; what is drawn is fitted to the geometric mean of the runs.
            GrowthComparison mean = GrowthComparison.OfNorms(
                layer => Math.Exp(item.After.Average(profile => 0.5 * Math.Log(profile.Q(layer)))), ResidualGrowthSize.First, size.Last);
            series.AddRange(GrowthComparison.Forms.Select((form, i) => new CurveSeries(
                ResidualGrowthTables.Name(form),
                FirstForm + i,
                [.. layers[ResidualGrowthSize.First..(size.Last + 1)].Select(layer => ((double)layer, mean.Fit(form).At(layer)))],
                [])));
        }

        if (item.Network.Placement == "post")
        {
            series.Add(
                new(Gains, GainStyle, [], [.. layers[1..].Select(layer => Point(layer, item.After, profile => profile.Gain(layer)))]));
        }

        double[] values = [.. series.SelectMany(curve => curve.Line.Select(point => point.Y).Concat(curve.Points.Select(point => point.Y)))
            .Where(double.IsFinite)];
        // Room for at least three ticks.
        double low = Math.Min(0.5, 0.9 * values.Min()), high = Math.Max(2, 1.1 * values.Max());
        return new(item.Network.Subject, "blocks passed ℓ", "", series) { VerticalScale = AxisScale.Log(low, high) };
    }

    private static CurvePoint Point(int x, StreamProfile[] runs, Func<StreamProfile, double> number)
    {
        Estimate estimate = GrownStreams.Mean(runs, number);
        return new(x, estimate.Mean, 2 * estimate.StandardError);
    }
}
