using System.Globalization;
using Hybrid.Drawing;
using Hybrid.Drawing.Figures;
using Hybrid.Drawing.Reports;

namespace Hybrid.Experiments.LossExponents;

/// <summary>Test loss in the plane of the exponents, and against each of them.</summary>
/// <param name="optimum">The least loss that any predictor reaches, nats per token.</param>
/// <param name="ignorance">The loss of knowing nothing.</param>
internal sealed class LossExponentsFigures(double optimum, double ignorance)
{
    private string Levels =>
        string.Create(CultureInfo.InvariantCulture, $"optimal predictor ({optimum:0.##}), knowing nothing ({ignorance:0.##})");

    /// <summary>A panel for each placement, a point for each place.</summary>
    public ReportFigure Plane(IReadOnlyList<PlacementFindings> all)
    {
        int[] depths = [.. all[0].Grid.Places.Select(place => place.Depth).Distinct()];
        return new(
            "plane.svg",
            "Test loss after training in the plane of the two exponents at initialisation, by placement",
            PlaneFigure.Render(
                "Loss after training in the plane of the exponents before it",
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"a point: mean over σ_A and runs; dashed: max(|Σλ_a|, |Σλ_g|) = {LossExponentsReading.Budget}, the budget"),
                ("Σλ_a over all layers", "Σλ_g over all layers"),
                ("loss", optimum, ignorance),
                [.. depths.Select(depth => string.Create(CultureInfo.InvariantCulture, $"L = {depth}"))],
                LossExponentsReading.Budget,
                [.. all.Select(findings => new PlanePanel(findings.Grid.Name, [.. findings.Grid.Places.Select((place, i) => new PlanePoint(
                    place.Angle,
                    place.Gradient,
                    findings.Losses.Places[i],
                    Array.IndexOf(depths, place.Depth),
                    $"{place.Subject}: loss {Numbers.Significant(findings.Losses.Places[i])}"))]))]));
    }

    /// <summary>Losses of the networks of one placement over either exponent, over the larger and over what both foretell.</summary>
    public ReportFigure Curves(PlacementFindings findings)
    {
        IReadOnlyList<ExponentPlace> places = findings.Grid.Places;
        IReadOnlyList<double> foretold = findings.ExponentFit.Foretold;
        return new(
            $"losses-{findings.Grid.Name}.svg",
            $"{findings.Grid.Name}: test loss after training against each exponent "
            + "at initialisation, the larger of them and the loss that both foretell",
            CurveFigure.Render(
                $"{findings.Grid.Name}: loss after training, exponents before it",
                "points: mean test loss of a network over its runs ± standard error, "
                + "nats per token; foretold: by the fit to places of other folds",
                [
                    Exponent("Σλ_a over all layers", place => place.Angle),
                    Exponent("Σλ_g over all layers", place => place.Gradient),
                    Exponent("max(|Σλ_a|, |Σλ_g|)", place => place.Distance),
                    Panel("the loss that Σλ_a and Σλ_g foretell", foretold, new CurveSeries("as foretold", 5, Diagonal(foretold), [])),
                ]));

        CurvePanel Exponent(string title, Func<ExponentPlace, double> of)
        {
            double[] x = [.. places.Select(of)];
            return Panel(title, x) with { HorizontalScale = AxisScale.Signed(x) };
        }

        CurvePanel Panel(string title, IReadOnlyList<double> x, params CurveSeries[] more) => new(
            $"test loss over {title}",
            title,
            "",
            [
                .. Enumerable.Range(0, places.Count).GroupBy(i => places[i].Branch).Select((group, style) => new CurveSeries(
                    string.Create(CultureInfo.InvariantCulture, $"a = {group.Key}"),
                    style,
                    [],
                    [.. group.SelectMany(
                        i => findings.Losses.Networks[i].Select(loss => new CurvePoint(x[i], loss.Mean, loss.StandardError)))])),
                // Two levels in one series: what cannot be shown interrupts the line.
                new(Levels, 6, [(x.Min(), optimum), (x.Max(), optimum), (x.Max(), double.NaN), (x.Min(), ignorance), (x.Max(), ignorance)],
                    []),
                .. more,
            ]);

        static IReadOnlyList<(double, double)> Diagonal(IReadOnlyList<double> x) => [(x.Min(), x.Min()), (x.Max(), x.Max())];
    }
}
