using System.Globalization;
using Hybrid.Drawing.Reports;
using Hybrid.Experiments.Cells;
using Hybrid.Experiments.Designs;
using Hybrid.Experiments.Hypotheses;
using Hybrid.Experiments.Measurement;
using Hybrid.Experiments.Runs;
using Hybrid.Lab.Comparisons;
using Hybrid.Lab.Statistics;
using Hybrid.Networks.Training;

namespace Hybrid.Experiments.GradientFlow;

/// <summary>The hypotheses about networks that are trained, before, during and after, and their judgement.</summary>
internal sealed class TrainedClaims
{
    private readonly IReadOnlyList<InitialGradients> _initial;
    private readonly IReadOnlyList<TrainedGradients> _trained;
    private readonly TrainableSize _size;
    private readonly PlannedClaim _tokens, _decay, _start, _end;

    public TrainedClaims(IReadOnlyList<InitialGradients> initial, IReadOnlyList<TrainedGradients> trained, TrainableSize size)
    {
        (_initial, _trained, _size) = (initial, trained, size);
        const string Process = "measured over predicted, networks paired with their own predictions "
            + "and the mean ratio extrapolated to infinite width from two widths, "
            + "is 1 within k standard errors (Student's t, Welch) plus the estimated O(1/d²) term; ";
        Hypothesis tokens = new(
            "H4",
            "In trainable networks on data the gradient at a token has the size at "
                + "every depth that the Gram process (derivation section 8) predicts from "
                + "the Gram matrix of the embedded tokens and that of the loss's "
                + "gradient at the output, with nothing else known of either.",
            $"g_d over that at the output, after {string.Join(", ", size.Layers)} of "
            + $"{size.Depth} blocks: {Process}wider than half of it is inconclusive.",
            []);
        Hypothesis decay = new(
            "H5",
            "In the same networks gradient differences between tokens, g_d − g_o, "
                + "grow or fade towards the input at the rate per block that the process predicts, "
                + "in either half of the depth.",
            $"the log growth per block backwards is the predicted one: {Process}the intervals of both ends of the half added.",
            []);
        const string Rule = "a log growth per block backwards, the line of least squares through the "
            + "logarithms of ‖∂L/∂W‖² summed over a block's matrices, below −1/L is vanishing "
            + "(a depth scale shorter than the network) and above it is not; mean over networks, Student's t";
        Hypothesis start = new(
            "H6",
            "Before training the weights' gradients vanish towards the input under post, "
                + "and do not under pre and peri; in the last block they are larger under post than under pre "
                + "(Xiong et al. 2020, Cowsik et al. 2024).",
            $"{Rule}; {4 * size.Networks} networks of width {size.Width}.",
            [.. initial.Select(network => Vanishing(network.Placement)), Last]);
        Hypothesis end = new(
            "H7",
            "Training does not turn this round: after it the same holds, and the rate under post is still below those under pre and peri.",
            $"{Rule}; differences of rates are below 0 (Welch); "
            + $"{size.Runs} runs of width {size.Width} after {size.Steps} steps of AdamW with warm-up.",
            [.. trained.Select(network => Vanishing(network.Placement)), .. Others.Select(Order)]);
        _tokens = new(tokens, [.. initial.SelectMany(network => size.Layers.Select(layer => Token(network, layer)))]);
        _decay = new(decay, [.. initial.SelectMany(network => Halves.Select(half => Decay(network, half)))]);
        _start = new(start,
        [
            .. initial.Select(network => Rate(network.Placement, results => network.AtTrainedWidth(results, InitialGradients.Rate))),
            Ordered(Last, +1, results => LastPower("post", results), results => LastPower("pre", results)),
        ]);
        _end = new(end,
        [
            .. trained.Select(network => Rate(network.Placement, results => RateOf(network, size.Steps, results))),
            .. Others.Select(network =>
                Ordered(Order(network), -1, results => RateOf(Post, size.Steps, results), results => RateOf(network, size.Steps, results))),
        ]);
    }

    public IReadOnlyList<PlannedClaim> Planned => [_tokens, _decay, _start, _end];

    public IEnumerable<Cell> Cells =>
        _initial.SelectMany(network => network.Pair.Cells).Concat(_trained.SelectMany(network => network.Runs));

    private IReadOnlyList<(string Name, int First, int Last)> Halves =>
        [("next to the output", _size.Depth / 2, _size.Depth), ("next to the input", 0, _size.Depth / 2)];

    private TrainedGradients Post => _trained.First(network => network.Placement == "post");

    private IEnumerable<TrainedGradients> Others => _trained.Where(network => network != Post);

    private static RegisteredNumber Last => new("post over pre", "log power in the last block above", 0);

    public Evaluation Evaluate(CellResults results, double level)
    {
        HypothesisResult tokens = _tokens.Judge(results, level), decay = _decay.Judge(results, level);
        HypothesisResult start = _start.Judge(results, level), end = _end.Judge(results, level);
        return new(
            [tokens, decay, start, end],
            [
                new("Networks in training", [TrainedFigures.Tokens(_initial, _trained, _size, results),
                    TrainedFigures.Weights(_trained, _size, results), Table(results)]),
                new("Reading: networks in training", [new ReportParagraph(Reading(tokens, decay, start, end, results))]),
            ]);
    }

    private RegisteredNumber Vanishing(string placement) =>
        new(placement, $"rate {(placement == "post" ? "below" : "above")}", -1.0 / _size.Depth);

    private RegisteredNumber Order(TrainedGradients network) => new($"post − {network.Placement}", "difference of rates below", 0);

    private static PlannedTest Token(InitialGradients network, int layer)
    {
        // The prediction is that of the embedded tokens of the networks themselves.
        RegisteredNumber number = new(network.Placement, $"g_d, layer {layer} over output", double.NaN);
        return new(number, (results, level) =>
        {
            string name = InitialGradients.Diagonal(layer);
            double predicted = network.Prediction(results, name);
            (double ratio, double half) = Ratio(network, name, results, level);
            return TestedNumber.Inside(
                number with { Value = predicted }, predicted * ratio, predicted * (ratio - half), predicted * (ratio + half), predicted);
        });
    }

    private static PlannedTest Decay(InitialGradients network, (string Name, int First, int Last) half)
    {
        RegisteredNumber number = new(network.Placement, $"log growth {half.Name}", double.NaN);
        return new(number, (results, level) => Decay(number, network, half, results, level));
    }

    private static TestedNumber Decay(
        RegisteredNumber number, InitialGradients network, (string Name, int First, int Last) half, CellResults results, double rate)
    {
        string first = InitialGradients.Difference(half.First), last = InitialGradients.Difference(half.Last);
        int blocks = half.Last - half.First;
        (double firstRatio, double firstHalf) = Ratio(network, first, results, rate);
        (double lastRatio, double lastHalf) = Ratio(network, last, results, rate);
        double predicted = Math.Log(network.Prediction(results, first) / network.Prediction(results, last)) / blocks;
        double measured = predicted + Math.Log(firstRatio / lastRatio) / blocks,
            error = (firstHalf / firstRatio + lastHalf / lastRatio) / blocks;
        return TestedNumber.Inside(number with { Value = predicted }, measured, measured - error, measured + error, 1);
    }

    /// <summary>Measured over predicted at infinite width with half of its interval.</summary>
    private static (double Value, double Half) Ratio(InitialGradients network, string name, CellResults results, double rate)
    {
        Extrapolation ratio = network.Ratio(results, name);
        return (ratio.Value, ratio.Spread.CriticalValue(rate) * ratio.Spread.StandardError + ratio.Curvature);
    }

    private static Estimate RateOf(TrainedGradients network, int step, CellResults results) =>
        network.Of(results, TrainedGradients.Rate(step));

    private PlannedTest Rate(string placement, Func<CellResults, Estimate> measure)
    {
        RegisteredNumber bound = Vanishing(placement);
        return new(bound, (results, level) =>
        {
            Estimate measured = measure(results);
            return measured.Samples < 2 ? TestedNumber.Undecided(bound)
                : placement == "post" ? TestedNumber.Below(bound, measured, level)
                : TestedNumber.Above(bound, measured, level);
        });
    }

    private Estimate LastPower(string placement, CellResults results) =>
        _initial.First(network => network.Placement == placement).AtTrainedWidth(results, InitialGradients.LastPower);

    /// <summary>The difference of two independent means must be above (side +1) or below (−1) the bound.</summary>
    private static PlannedTest Ordered(
        RegisteredNumber bound,
        int side,
        Func<CellResults, Estimate> measureFirst,
        Func<CellResults, Estimate> measureSecond) => new(bound, (results, level) =>
    {
        Estimate first = measureFirst(results), second = measureSecond(results);
        if (Math.Min(first.Samples, second.Samples) < 2)
            return TestedNumber.Undecided(bound);
        Spread spread = new Spread(first.StandardError, first.Samples - 1) + new Spread(second.StandardError, second.Samples - 1);
        return TestedNumber.OnSide(bound, side, first.Mean - second.Mean, spread.CriticalValue(level) * spread.StandardError);
    });

    private ReportTable Table(CellResults results) => new(
        string.Create(
            CultureInfo.InvariantCulture,
            $"Log growth per block backwards of the weights' gradients, and test loss at the end (nats per token; "
            + $"optimum {Optimum:0.####}); mean ± standard error over {_size.Runs} runs:"),
        ["<placement", .. _size.Moments.Select(step => $"step {step}"), "loss"],
        [.. _trained.Select(network => (IReadOnlyList<string>)
        [
            network.Placement,
            .. _size.Moments.Select(step => RateOf(network, step, results).ToString()),
            network.Of(results, TrainedGradients.Loss).ToString(),
        ])]);

    private double Optimum => TrainingChain.Source.OptimalLoss(TrainingTask.NextToken, _size.Tokens)!.Value;

    private string Reading(
        HypothesisResult tokens, HypothesisResult decay, HypothesisResult start, HypothesisResult end, CellResults results)
    {
        Percentiles errors = Percentiles.Of(tokens.Tests.Select(test => Math.Abs(test.Measured / test.Predicted - 1)));
        TestedNumber post = decay.Tests.First(test => test.Subject == "post");
        int diverged = _trained.Sum(
            network => network.Runs.Count(run => double.IsPositiveInfinity(results[run][TrainedGradients.Loss].Mean)));
        string Change(TrainedGradients network) => string.Create(
            CultureInfo.InvariantCulture,
            $"{Math.Exp(RateOf(network, 0, results).Mean):0.###} before and "
            + $"{Math.Exp(RateOf(network, _size.Steps, results).Mean):0.###} after training under {network.Placement}");
        return string.Create(
            CultureInfo.InvariantCulture,
            $"Token gradients of trainable networks differ from the Gram process by a median of {100 * errors.P50:0.##} % (nine of "
            + $"ten below {100 * errors.P90:0.##} %), {tokens.Count(Outcome.Refuted)} of {tokens.Tests.Count} outside their interval. ")
            + string.Create(
                CultureInfo.InvariantCulture,
                $"Under post, gradient differences between tokens changed next to the output by a factor of "
                    + $"{Math.Exp(post.Measured):0.###} per block backwards where {Math.Exp(post.Predicted):0.###} was predicted. ")
            + "The power of a block's weight gradients changed per block backwards "
            + $"by a factor of {string.Join(", ", _trained.Select(Change))}; "
            + string.Create(
                CultureInfo.InvariantCulture,
                $"over {_size.Depth} blocks a factor below {Math.Exp(-1.0 / _size.Depth):0.###} counts as vanishing. "
                    + $"{diverged} of {_trained.Sum(network => network.Runs.Count)} runs diverged. ")
            + $"What is claimed of vanishing gradients is {ExperimentReport.Verdict(start)} before training (H6) "
            + $"and {ExperimentReport.Verdict(end)} after it (H7). "
            + "The theory is of initialisation: of trained networks it predicts nothing here. "
            + "One small task and optimiser; the gradient is that of one batch.";
    }
}
