using System.Globalization;
using Hybrid.Architectures;
using Hybrid.Drawing.Figures;
using Hybrid.Drawing.Reports;
using Hybrid.Experiments.Cells;
using Hybrid.Experiments.Designs;
using Hybrid.Experiments.Hypotheses;
using Hybrid.Lab.Statistics;
using Hybrid.Theory;

namespace Hybrid.Experiments.TrainedGeometry;

/// <summary>The hypotheses of the experiment and their judgement.</summary>
internal sealed class GeometryClaims
{
    // Between the two states of the untrained blocks, 0.4 and the line.
    private const double Between = 0.1;

    private readonly GeometryNetwork _plain, _rotary, _dense, _routed;
    private readonly GeometrySize _size;

    public GeometryClaims(
        GeometrySize size, GeometryNetwork plain, GeometryNetwork rotary, GeometryNetwork dense, GeometryNetwork routed)
    {
        (_size, _plain, _rotary, _dense, _routed) = (size, plain, rotary, dense, routed);
        const string Runs = "as means over runs with their whole interval (Student's t)";
        Hypothesis slower = new(
            "H1",
            "Rotary positions slow the collapse of trained networks too: between the tokens and the last block log(1 − ρ) falls less with "
                + "them than without.",
            $"the change of log(1 − ρ) after training, with rotary positions less without, is above 0, {Runs}.",
            [new("untrained, 1 − ρ₀ = 0.5", "rotary − none", Foretold(rotary) - Foretold(plain))]);
        Hypothesis near = new(
            "H2",
            "The line attracts: a network with experts whose tokens start near it ends nearer, before training and after.",
            $"the change of log(1 − ρ) from 1 − ρ₀ = 10⁻⁸ to the last block is below 0, {Runs}.",
            []);
        Hypothesis spread = new(
            "H3",
            "The spread state attracts too: a network with experts whose tokens start spread ends there, before training and after.",
            $"log(1 − ρ) behind the last block from 1 − ρ₀ = 0.5 is above log {Between.ToString(CultureInfo.InvariantCulture)}, {Runs}.",
            []);
        Hypothesis alone = new(
            "H4",
            "With one MLP in their place there is no such state: the same start ends below.",
            $"the same number of the dense network is below log {Between.ToString(CultureInfo.InvariantCulture)}, {Runs}.",
            []);
        Planned =
        [
            new(slower, [Slower(TokenStart.Own), Slower(TokenStart.Spread)]),
            new(near, [.. Steps.Select(step => Test(
                new($"routed, step {step}", "change of log(1 − ρ) below", 0), -1,
                results => routed.Change(results, TokenStart.Near, step)))]),
            new(spread, [.. Steps.Select(step => Test(
                new($"routed, step {step}", "log(1 − ρ) above", Math.Log(Between)), +1,
                results => routed.Spread(results, TokenStart.Spread, size.Depth, step)))]),
            new(alone, [.. Steps.Select(step => Test(
                new($"dense, step {step}", "log(1 − ρ) below", Math.Log(Between)), -1,
                results => dense.Spread(results, TokenStart.Spread, size.Depth, step)))]),
        ];
    }

    public GeometryNetwork[] Networks => [_plain, _rotary, _dense, _routed];

    public IReadOnlyList<PlannedClaim> Planned { get; }

    private int[] Steps => [0, _size.Steps];

    public Evaluation Evaluate(CellResults results, double level)
    {
        HypothesisResult[] judged = [.. Planned.Select(claim => claim.Judge(results, level))];
        return new(
            judged,
            [
                new("Geometry before and after training", [Figure(results), Table(results)]),
                new("Reading", [new ReportParagraph(Reading(judged))]),
            ]);
    }

    // log(1 − ρ) that theory gives behind the last block, from spread tokens.
    private static double Foretold(GeometryNetwork network) => Math.Log(Predict.Architecture(
        network.Architecture.With(input: new InputParameters(1, 0.5))).Layers[^1].U);

    private static PlannedTest Test(RegisteredNumber bound, int side, Func<CellResults, Estimate> measure) => new(
        bound,
        (results, level) => measure(results) is not { Samples: >= 2 } mean ? TestedNumber.Undecided(bound)
            : side > 0 ? TestedNumber.Above(bound, mean, level)
            : TestedNumber.Below(bound, mean, level));

    private PlannedTest Slower(TokenStart start)
    {
        RegisteredNumber bound = new($"from {Words(start)}", "rotary − none above", 0);
        return new(bound, (results, level) =>
        {
            Estimate rotary = _rotary.Change(results, start, _size.Steps), plain = _plain.Change(results, start, _size.Steps);
            if (rotary.Samples < 2 || plain.Samples < 2)
                return TestedNumber.Undecided(bound);
            Spread spread = new Spread(rotary.StandardError, rotary.Samples - 1) + new Spread(plain.StandardError, plain.Samples - 1);
            return TestedNumber.OnSide(bound, +1, rotary.Mean - plain.Mean, spread.CriticalValue(level) * spread.StandardError);
        });
    }

    private static string Words(TokenStart start) => start switch
    {
        TokenStart.Own => "own tokens",
        TokenStart.Near => "1 − ρ₀ = 10⁻⁸",
        _ => "1 − ρ₀ = 0.5",
    };

    private static string Reading(HypothesisResult[] judged)
    {
        static string All(HypothesisResult result) => string.Join("; ", result.Tests.Select(test => string.Create(
            CultureInfo.InvariantCulture,
            $"{test.Subject} {test.Measured:+0.00;−0.00} ({test.Low:+0.00;−0.00} to {test.High:+0.00;−0.00})")));
        return $"Fall of log(1 − ρ) that rotary positions save in trained networks: {All(judged[0])}. "
            + $"Change of log(1 − ρ) near the line, with experts: {All(judged[1])}. "
            + $"log(1 − ρ) behind the last block from spread tokens, of which log 0.1 is −2.30: {All(judged[2])}; {All(judged[3])}. "
            + "One small task, optimiser and size; embeddings are learnt as well, and only the blocks are asked here.";
    }

    private ReportTable Table(CellResults results) => new(
        string.Create(
            CultureInfo.InvariantCulture,
            $"log(1 − ρ) behind the last block less that of the tokens, mean ± standard error over {_size.Runs} runs, before and after "
            + $"training, and the test loss in nats per token:"),
        [
            "<network", "own tokens, before", "after", "10⁻⁸, before", "after", "0.5, before", "after", "loss", "runs diverged",
        ],
        [.. Networks.Select(network => (IReadOnlyList<string>)
        [
            network.Name,
            .. Enum.GetValues<TokenStart>().SelectMany(start => Steps.Select(step => network.Change(results, start, step).ToString())),
            network.LossOf(results).ToString(),
            (network.Runs.Count - network.Finished(results).Length).ToString(CultureInfo.InvariantCulture),
        ])]);

    private ReportFigure Figure(CellResults results)
    {
        CurvePanel Panel(string title, TokenStart start, int step, params GeometryNetwork[] networks) => new(
            title,
            "blocks passed",
            "1 − ρ",
            [.. networks.Select(network =>
            {
                (int Layer, Estimate Log)[] values = [.. Enumerable.Range(0, _size.Depth + 1)
                    .Select(layer => (layer, network.Spread(results, start, layer, step)))];
                return new CurveSeries(
                    network.Name,
                    Array.IndexOf(Networks, network),
                    [.. values.Select(value => ((double)value.Layer, Math.Exp(value.Log.Mean)))],
                    [.. values.Select(value => new CurvePoint(
                        value.Layer, Math.Exp(value.Log.Mean), 2 * value.Log.StandardError * Math.Exp(value.Log.Mean)))]);
            })])
        {
            HorizontalScale = AxisScale.Linear(0, _size.Depth),
        };
        return new(
            "geometry.svg",
            "1 − ρ by block, before and after training, from a network's own tokens and from drawn ones near the line and spread",
            CurveFigure.Render(
                "Tokens in trained blocks",
                "points: geometric mean over runs ± 2 standard errors; lines: through the means",
                [
                    Panel("own tokens, before training", TokenStart.Own, 0, _plain, _rotary),
                    Panel("own tokens, after training", TokenStart.Own, _size.Steps, _plain, _rotary),
                    Panel("near the line, before training", TokenStart.Near, 0, _dense, _routed),
                    Panel("near the line, after training", TokenStart.Near, _size.Steps, _dense, _routed),
                    Panel("spread, before training", TokenStart.Spread, 0, _dense, _routed),
                    Panel("spread, after training", TokenStart.Spread, _size.Steps, _dense, _routed),
                ]));
    }
}
