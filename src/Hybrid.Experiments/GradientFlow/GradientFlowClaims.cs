using System.Globalization;
using Hybrid.Drawing.Reports;
using Hybrid.Experiments.Cells;
using Hybrid.Experiments.Designs;
using Hybrid.Experiments.Hypotheses;
using Hybrid.Lab.Comparisons;
using Hybrid.Lab.Statistics;
using Hybrid.Networks.Model;

namespace Hybrid.Experiments.GradientFlow;

/// <summary>The hypotheses of the experiment and their judgement.</summary>
internal sealed class GradientFlowClaims
{
    private static readonly Spread Exact = new(0, double.PositiveInfinity);

    private readonly IReadOnlyList<GradientNetwork> _grid;
    private readonly GradientFlowSize _size;
    private readonly PlannedClaim _tokens, _weights, _decay;

    public GradientFlowClaims(IReadOnlyList<GradientNetwork> grid, GradientFlowSize size)
    {
        (_grid, _size) = (grid, size);
        const string Within = "the mean extrapolated to infinite width from two widths equals the "
            + "registered number within k standard errors (Student's t, Welch), "
            + "plus the estimated O(1/d²) term; wider than half of it is inconclusive.";
        Hypothesis tokens = new(
            "H1",
            "The gradient at a token, g_d, has the predicted size at every depth.",
            Within,
            [.. grid.SelectMany(network => size.Layers.Select(layer => Tokens(network, layer)))]);
        Hypothesis weights = new(
            "H2",
            "The gradient of every weight matrix has the predicted norm at every depth (‖∂L/∂W‖² over the number of entries).",
            Within,
            [.. grid.SelectMany(
                network => size.Blocks.SelectMany(block => GradientNetwork.Matrices.Select(matrix => Weight(network, block, matrix))))]);
        Hypothesis decay = new(
            "H3",
            "Gradient differences between tokens, g_d − g_o, fade exponentially under "
                + "post-normalisation where tokens have collapsed, by nearly 1/2 per block in the half "
                + "of the depth next to the output; under pre-, peri- and output-normalisation they do not.",
            "the measured log growth per block backwards, in either half of the depth, "
            + "equals the registered one, with the intervals of both ends of the half added.",
            [.. grid.SelectMany(network => Halves.Select(half => Decay(network, half)))]);
        _tokens = new(tokens, [.. grid.SelectMany(network => size.Layers.Select(layer =>
            Equal(Tokens(network, layer), network, GradientNetwork.Diagonal(layer))))]);
        _weights = new(weights, [.. grid.SelectMany(network => size.Blocks.SelectMany(block => GradientNetwork.Matrices.Select(matrix =>
            Equal(Weight(network, block, matrix), network, GradientNetwork.Weight(block, matrix)))))]);
        _decay = new(decay, [.. grid.SelectMany(network => Halves.Select(half =>
            new PlannedTest(Decay(network, half), (results, level) => MeasuredDecay(network, half, results, level))))]);
    }

    public IReadOnlyList<PlannedClaim> Planned => [_tokens, _weights, _decay];

    /// <summary>The two halves of the depth, by the layers where they begin and end.</summary>
    private IReadOnlyList<(string Name, int First, int Last)> Halves =>
        [("next to the output", _size.Depth / 2, _size.Depth), ("next to the input", 0, _size.Depth / 2)];

    public Evaluation Evaluate(CellResults results, double level)
    {
        HypothesisResult tokens = _tokens.Judge(results, level), weights = _weights.Judge(results, level);
        HypothesisResult decay = _decay.Judge(results, level);
        return new(
            [tokens, weights, decay],
            [
                new("Gradients by depth", [GradientFlowFigures.Tokens(_grid, results), GradientFlowFigures.Weights(_grid, results)]),
                new("Reading", [new ReportParagraph(Reading(tokens, weights, decay))]),
            ]);
    }

    private static RegisteredNumber Tokens(GradientNetwork network, int layer) =>
        new(network.Subject, $"g_d, layer {layer}", network.PredictedDiagonal(layer));

    private static RegisteredNumber Weight(GradientNetwork network, int block, MatrixRole matrix) =>
        new($"{network.Subject}, block {block}", matrix.ToString(), network.PredictedWeight(block, matrix));

    private static RegisteredNumber Decay(GradientNetwork network, (string Name, int First, int Last) half) => new(
        network.Subject,
        $"log growth {half.Name}",
        Math.Log(network.PredictedDifference(half.First) / network.PredictedDifference(half.Last)) / (half.Last - half.First));

    private static PlannedTest Equal(RegisteredNumber number, GradientNetwork network, string name) => new(number, (results, level) =>
        TestedNumber.Equal(number, Exact, network.Pair.Extrapolate(results, name, number.Value), number.Value, level));

    private TestedNumber MeasuredDecay(GradientNetwork network, (string Name, int First, int Last) half, CellResults results, double level)
    {
        (double first, double firstError) = LogDifference(network, half.First, results, level);
        (double last, double lastError) = LogDifference(network, half.Last, results, level);
        int blocks = half.Last - half.First;
        double rate = (first - last) / blocks, error = (firstError + lastError) / blocks;
        return TestedNumber.Inside(Decay(network, half), rate, rate - error, rate + error, 1);
    }

    /// <summary>log(g_d − g_o) with half of its interval.</summary>
    private (double Value, double Half) LogDifference(GradientNetwork network, int layer, CellResults results, double level)
    {
        // At the output the gradient is given: g_d = 1, g_o = 0.
        if (layer == _size.Depth)
            return (0, 0);
        double scale = network.PredictedDifference(layer);
        Extrapolation measured = network.Pair.Extrapolate(results, GradientNetwork.Difference(layer), scale);
        double half = measured.Spread.CriticalValue(level) * measured.Spread.StandardError + measured.Curvature;
        return (Math.Log(measured.Value), half / measured.Value);
    }

    private string Reading(HypothesisResult tokens, HypothesisResult weights, HypothesisResult decay)
    {
        string Errors(HypothesisResult result)
        {
            Percentiles errors = Percentiles.Of(result.Tests.Select(test => Math.Abs(test.Measured / test.Predicted - 1)));
            return string.Create(
                CultureInfo.InvariantCulture,
                $"a median of {100 * errors.P50:0.##} % (nine of ten below {100 * errors.P90:0.##} %), "
                + $"{result.Count(Outcome.Refuted)} of {result.Tests.Count} outside their interval");
        }

        double Rate(string placement) => decay.Tests
            .Where(test => test.Subject.EndsWith($", {placement}", StringComparison.Ordinal)
                && test.Quantity.EndsWith("output", StringComparison.Ordinal))
            .Average(test => test.Measured);
        return $"Token gradients differ from their prediction by {Errors(tokens)}; weight gradients by {Errors(weights)}. "
            + string.Create(
                CultureInfo.InvariantCulture,
                $"In the half of the depth next to the output, gradient differences between tokens "
                    + $"changed per block backwards by a factor of {Math.Exp(Rate("post")):0.###} under post, "
                    + $"{Math.Exp(Rate("pre")):0.###} under pre, {Math.Exp(Rate("peri")):0.###} under "
                    + $"peri and {Math.Exp(Rate("output")):0.###} under output (mean of both activations). ")
            + "Queries and keys have heavy tails: their means over few networks are "
            + "the least certain of all. This is the gradient at initialisation.";
    }
}
