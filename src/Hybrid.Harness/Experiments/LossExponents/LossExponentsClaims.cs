using System.Globalization;
using Hybrid.Harness.Data;
using Hybrid.Harness.Reports;
using Hybrid.Harness.Statistics;
using Hybrid.Networks.Training;
using Hybrid.Theory;

namespace Hybrid.Harness.Experiments.LossExponents;

/// <summary>The hypotheses of the experiment and their judgement.</summary>
internal sealed class LossExponentsClaims
{
    private readonly IReadOnlyList<TrainedArchitecture> _grid;
    private readonly MarkovSource _source;
    private readonly Hypothesis _order, _sides;
    private readonly double _rate;

    public LossExponentsClaims(IReadOnlyList<TrainedArchitecture> grid, MarkovSource source)
    {
        (_grid, _source) = (grid, source);
        _order = new(
            "H1",
            "The larger max(|Σλ_a|, |Σλ_g|) at initialisation, the larger the test loss after training.",
            "Spearman's rank correlation between the registered maximum and the mean test loss over architectures is above 0 with its whole interval (Fisher's z).",
            [.. grid.SelectMany(architecture => new RegisteredNumber[]
            {
                new(architecture.Subject, "Σλ_a", architecture.Angle),
                new(architecture.Subject, "Σλ_g", architecture.Gradient),
                new(architecture.Subject, "max(|Σλ_a|, |Σλ_g|)", architecture.Distance),
            })]);
        _sides = new(
            "H2",
            string.Create(
                CultureInfo.InvariantCulture,
                $"Architectures within the budget, max(|Σλ_a|, |Σλ_g|) ≤ {TrainabilityModule.Budget}, end with a lower test loss than those beyond ±{TrainabilityModule.Limit}."),
            "the difference of the two groups' mean losses, beyond minus within, is above 0 with its whole interval (Student's t, Welch).",
            []);
        _rate = Significance.PerTest(2);
    }

    public IReadOnlyList<Hypothesis> Hypotheses => [_order, _sides];

    public Evaluation Evaluate(CellResults results)
    {
        double[] losses = [.. _grid.Select(architecture => architecture.Loss(results).Mean)];
        HypothesisResult order = new(_order, [Order(losses)]);
        HypothesisResult sides = new(_sides, [Sides(losses)]);
        return new(
            [order, sides],
            [
                new("Losses", [LossExponentsFigure.Of(_grid, Optimum, Math.Log(_source.Vocabulary), results), Table(results)]),
                new("Reading", [new ReportParagraph(Reading(order.Tests[0], sides.Tests[0], losses))]),
            ]);
    }

    /// <summary>The least loss that any predictor reaches, nats per token.</summary>
    private double Optimum => _source.OptimalLoss(TrainingTask.NextToken, 16)!.Value;

    private TestedNumber Order(double[] losses)
    {
        RankCorrelation correlation = RankCorrelation.Of([.. _grid.Select(architecture => architecture.Distance)], losses);
        (double low, double high) = correlation.Interval(new Spread(1, double.PositiveInfinity).CriticalValue(_rate));
        Outcome outcome = low > 0 ? Outcome.Supported : high < 0 ? Outcome.Refuted : Outcome.Inconclusive;
        return new($"{_grid.Count} architectures", "rank correlation above", 0, correlation.Value, low, high, outcome);
    }

    private TestedNumber Sides(double[] losses)
    {
        Estimate Group(Func<double, bool> belongs) => Estimate.Of([.. losses.Where((_, i) => belongs(_grid[i].Distance))]);
        Estimate within = Group(distance => distance <= TrainabilityModule.Budget), beyond = Group(distance => distance > TrainabilityModule.Limit);
        Spread spread = new Spread(within.StandardError, within.Samples - 1) + new Spread(beyond.StandardError, beyond.Samples - 1);
        return TestedNumber.OnSide(
            new($"{beyond.Samples} beyond − {within.Samples} within", "difference of losses above", 0),
            +1,
            beyond.Mean - within.Mean,
            spread.CriticalValue(_rate) * spread.StandardError);
    }

    private ReportTable Table(CellResults results) => new(
        string.Create(CultureInfo.InvariantCulture, $"Test loss after training, nats per token, best first; the optimum is {Optimum:0.####}, knowing nothing {Math.Log(_source.Vocabulary):0.####}:"),
        ["<architecture", "Σλ_a", "Σλ_g", "loss ± standard error"],
        [.. _grid.OrderBy(architecture => architecture.Loss(results).Mean).Select(architecture => (IReadOnlyList<string>)
        [
            architecture.Subject,
            Numbers.Significant(architecture.Angle, 3),
            Numbers.Significant(architecture.Gradient, 3),
            Numbers.Uncertain(architecture.Loss(results)),
        ])]);

    private string Reading(TestedNumber order, TestedNumber sides, double[] losses)
    {
        int best = Array.IndexOf(losses, losses.Min());
        TrainedArchitecture foretold = _grid.MinBy(architecture => architecture.Distance)!;
        double foretoldLoss = losses[Enumerable.Range(0, _grid.Count).First(i => _grid[i] == foretold)];
        return string.Create(
            CultureInfo.InvariantCulture,
            $"The rank correlation between max(|Σλ_a|, |Σλ_g|) and test loss is {order.Measured:0.##} (interval {order.Low:0.##} to {order.High:0.##}); architectures beyond the limit end {sides.Measured:0.###} nats above those within the budget. ")
            + string.Create(
                CultureInfo.InvariantCulture,
                $"The best architecture was {_grid[best].Subject} with {losses[best]:0.####} nats (max {_grid[best].Distance:0.##}); the one with the least exponents, {foretold.Subject}, ended at {foretoldLoss:0.####}, rank {losses.Count(loss => loss < foretoldLoss) + 1} of {losses.Length}. ")
            + "The exponents are an ordering, not a loss: they say which networks lose their signal, not how well the others learn. Networks this small are far from infinite width, and the runs are short.";
    }
}
