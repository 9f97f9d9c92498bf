using System.Globalization;
using Hybrid.Drawing;
using Hybrid.Drawing.Reports;
using Hybrid.Experiments.Cells;
using Hybrid.Experiments.Hypotheses;
using Hybrid.Lab.Statistics;
using Hybrid.Networks.Training;

namespace Hybrid.Experiments.NormPlacement;

/// <summary>A claim on the best losses, and the losses and failures of every network with every optimiser.</summary>
internal sealed class LossClaim(string id, PlacementGrid grid) : IPlacementClaim
{
    private readonly Hypothesis _hypothesis = new(
        id,
        "Smaller steps improve what training reaches: in every placement the "
        + "best optimiser ends with a lower test loss at Δt < 1 than at Δt = 1.",
        "of optimisers with which no run diverged the one with the least "
            + "mean test loss is taken at each Δt; the difference of these means, "
            + "the smaller Δt minus the largest, is below 0 with its whole interval (Student's t, Welch).",
        []);

    public PlannedClaim Planned => new(_hypothesis, [..
        from norm in PlacementGrid.Placements
        from step in grid.Size.Steps.Skip(1)
        select Decided.ByDifference(
            new(
                string.Create(CultureInfo.InvariantCulture, $"{PlacedNetwork.NameOf(norm)}, Δt = {step} − {grid.Size.Steps[0]}"),
                "difference of best losses below",
                0),
            -1,
            results => BestLoss(grid.Of(norm, step), results),
            results => BestLoss(grid.Of(norm, grid.Size.Steps[0]), results))]);

    public ReportSection Findings(CellResults results, HypothesisResult judged)
    {
        IReadOnlyList<PlacedNetwork>[] networks = [.. grid.Networks.GroupBy(network => network.Network).Select(group => group.ToArray())];
        return new(
            "Stability and loss",
            [
                StabilityFigure.Of(grid, results),
                new ReportTable(
                    "Runs that diverged, and with + those that ended having learnt nothing of the context, by optimiser:",
                    ["<network", "runs", .. grid.Size.Settings.Select(setting => setting.Name)],
                    [.. networks.Select(settings => (IReadOnlyList<string>)
                        [settings[0].Network, Numbers.Integer(settings[0].Runs.Count),
                            .. settings.Select(network => Failures(network, results))])]),
                new ReportTable(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"Mean test loss of the runs that did not diverge, nats per token; the optimum is {grid.Optimum:0.####}, "
                            + $"without context {grid.Unigram:0.####}, "
                            + $"and a loss above {grid.LearntLoss:0.####} counts as having learnt nothing:"),
                    ["<network", .. grid.Size.Settings.Select(setting => setting.Name), "best"],
                    [.. networks.Select(settings => (IReadOnlyList<string>)
                    [
                        settings[0].Network,
                        .. settings.Select(network => Numbers.Significant(network.Loss(results).Mean, 4)),
                        BestLoss(settings, results).ToString(),
                    ])]),
                new ReportParagraph(Reading(results)),
            ]);
    }

    private string Reading(CellResults results)
    {
        string Diverged(OptimiserKind kind)
        {
            PlacementRun[] runs =
                [.. grid.Networks.Where(network => network.Setting.Kind == kind).SelectMany(network => network.Ended(results))];
            int diverged = runs.Count(run => run.Diverged), failed = runs.Count(grid.Fails);
            return $"of {runs.Length} runs of {OptimiserSetting.NameOf(kind)} {diverged} "
                + $"diverged and {failed - diverged} more learnt nothing of the context";
        }

        PlacedNetwork? best = grid.Networks.Where(network => network.Trained(results).Any()).MinBy(network => network.Loss(results).Mean);
        return $"Without clipping, {Diverged(OptimiserKind.AdamW)}; {Diverged(OptimiserKind.Sgd)}. "
            + (best is null
                ? ""
                : $"The least mean loss is that of {best.Network} with {best.Setting.Name}, {best.Loss(results).ToString()}. ")
            + "The best optimiser is chosen on the runs that are compared, alike on both sides. "
            + "The networks are small, the runs short and the task is one: where a larger network breaks is not said here.";
    }

    /// <summary>NaN where with every optimiser some run diverged.</summary>
    private static Estimate BestLoss(IEnumerable<PlacedNetwork> settings, CellResults results) => settings
        .Where(network => !network.Ended(results).Any(run => run.Diverged))
        .Select(network => network.Loss(results))
        .DefaultIfEmpty(new(double.NaN, double.NaN, 0))
        .MinBy(loss => loss.Mean);

    private string Failures(PlacedNetwork network, CellResults results)
    {
        int diverged = network.Ended(results).Count(run => run.Diverged), stuck = network.Ended(results).Count(grid.Fails) - diverged;
        return stuck == 0 ? Numbers.Integer(diverged) : string.Create(CultureInfo.InvariantCulture, $"{diverged} + {stuck}");
    }
}
