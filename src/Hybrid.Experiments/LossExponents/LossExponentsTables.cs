using System.Globalization;
using Hybrid.Drawing;
using Hybrid.Drawing.Reports;
using Hybrid.Lab.Statistics;

namespace Hybrid.Experiments.LossExponents;

/// <summary>The tables of the page.</summary>
internal static class LossExponentsTables
{
    // Two-sided, of one number by itself: these rows are looked at, not tested.
    private const double ShownRate = 0.05;

    /// <summary>R² of every fit, and what no fit can exceed.</summary>
    public static ReportTable Fits(IReadOnlyList<PlacementFindings> all)
    {
        IReadOnlyList<string> Row(string name, Func<PlacementFindings, Estimate> of) =>
            [name, .. all.Select(findings => of(findings).ToString())];
        return new(
            "R² of smooth fits over the networks of places that they were not fitted to "
                + "(± jackknife over places), and shares of the variance that no such fit can "
                + "explain:",
            ["<fitted in", .. all.Select(findings => findings.Grid.Name)],
            [
                .. all[0].Fits.Select((fit, i) => Row(fit.Inputs, findings => findings.Fits[i].Explained)),
                Row("share of the variance that runs make", findings => findings.Losses.RunShare),
                Row("share that σ_A makes at equal exponents", findings => findings.Losses.LogitStdShare),
                ["most that any function of the two exponents explains",
                    .. all.Select(findings => Numbers.Significant(findings.Losses.MostExplained, 3))],
            ]);
    }

    /// <summary>Exponents of the best places, of all and of the worst.</summary>
    public static ReportTable Extremes(IReadOnlyList<PlacementFindings> all) => new(
        "Means over the tenth of the places with the least losses, "
        + "over the tenth nearest to the joint zero, over all and over the tenth with the largest losses:",
        ["<", "places", "loss", "|Σλ_a|", "|Σλ_g|", "max", "within the budget", "a", "L"],
        [.. all.SelectMany(findings =>
        {
            int[] all = [.. Enumerable.Range(0, findings.Grid.Places.Count)];
            return new[]
            {
                Row("best tenth", findings.Nearness.Best),
                Row("nearest tenth", findings.Nearness.Nearest),
                Row("all", all),
                Row("worst tenth", [.. all.OrderByDescending(place => findings.Losses.Places[place]).Take(findings.Nearness.Best.Count)]),
            };

            IReadOnlyList<string> Row(string name, IReadOnlyList<int> places)
            {
                string Mean(Func<ExponentPlace, double> of) =>
                    Numbers.Significant(places.Average(place => of(findings.Grid.Places[place])), 3);
                return
                [
                    $"{findings.Grid.Name}, {name}",
                    Numbers.Integer(places.Count),
                    Numbers.Significant(places.Average(place => findings.Losses.Places[place]), 4),
                    Mean(place => Math.Abs(place.Angle)),
                    Mean(place => Math.Abs(place.Gradient)),
                    Mean(place => place.Distance),
                    Numbers.Integer(places.Count(place => findings.Grid.Places[place].Distance <= LossExponentsReading.Budget)),
                    Mean(place => place.Branch),
                    Mean(place => place.Depth),
                ];
            }
        })]);

    /// <summary>The claim within one branch weight or one depth.</summary>
    public static ReportTable Subsets(IReadOnlyList<PlacementFindings> all) => new(
        "Among places of one branch weight or one depth; the residual is the measured loss minus that which Σλ_a and Σλ_g foretell:",
        ["<", "places", "loss ± standard error", "rank correlation", "from", "to (95 %)", "residual ± standard error"],
        [.. all.SelectMany(findings => findings.Subsets.Select(subset =>
        {
            (double low, double high) = subset.Order.Interval(new Spread(1, double.PositiveInfinity).CriticalValue(ShownRate));
            return (IReadOnlyList<string>)
            [
                $"{findings.Grid.Name}, {subset.Name}",
                Numbers.Integer(subset.Losses.Samples),
                subset.Losses.ToString(),
                Correlation(subset.Order.Value),
                Correlation(low),
                Correlation(high),
                subset.Residual.ToString(),
            ];
        }))]);

    private static string Correlation(double value) => value.ToString("0.00;-0.00;0.00", CultureInfo.InvariantCulture);

    /// <summary>Every loss of one placement: branch and σ_w down, depth and σ_A across.</summary>
    public static ReportTable Losses(PlacementFindings findings)
    {
        IReadOnlyList<ExponentPlace> places = findings.Grid.Places;
        return new(
            $"{findings.Grid.Name}: test loss, mean over runs, nats per token:",
            ["<", .. findings.Grid.Networks.Select(Across).Distinct()],
            [.. Enumerable.Range(0, places.Count).GroupBy(i => (places[i].Branch, places[i].InStd)).Select(row => (IReadOnlyList<string>)
            [
                string.Create(CultureInfo.InvariantCulture, $"a = {row.Key.Branch}, σ_w = {row.Key.InStd}"),
                .. row.SelectMany(i => findings.Losses.ByPlace[i]).Select(loss => Numbers.Significant(loss, 4)),
            ])]);

        static string Across(TrainedNetwork network) =>
            string.Create(CultureInfo.InvariantCulture, $"L = {network.Depth}, σ_A = {network.LogitStd}");
    }
}
