using System.Globalization;
using Hybrid.Architectures;
using Hybrid.Experiments.Cells;
using Hybrid.Experiments.Measurement;
using Hybrid.Import.Records;
using Hybrid.Lab.Statistics;
using Hybrid.Networks.Measurements;
using Hybrid.Networks.Training;

namespace Hybrid.Experiments.TrainedGeometry;

/// <summary>Tokens that blocks are given.</summary>
internal enum TokenStart
{
    /// <summary>As the network embeds them.</summary>
    Own,

    /// <summary>Drawn, 1 − ρ₀ = 10⁻⁸.</summary>
    Near,

    /// <summary>Drawn, 1 − ρ₀ = 0.5.</summary>
    Spread,
}

/// <summary>One network: its training runs, and log(1 − ρ) behind its blocks before and after them.</summary>
internal sealed class GeometryNetwork : TrainedRuns
{
    private const int Sequences = 8, WarmupSteps = 50;
    private const double LearningRate = 1e-3;

    private readonly GeometrySize _size;

    private GeometryNetwork(Architecture architecture, GeometrySize size)
    {
        (Architecture, _size) = (architecture, size);
        Runs = [.. Enumerable.Range(1, size.Runs).Select(run => new Cell(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{Name}, {RecordHash.Of(architecture)}, η = {LearningRate}, {size.Steps} steps, {Sequences} sequences, run {run}"),
            architecture.Mlp.Experts is null ? 1 : 2,
            Train))];
    }

    /// <summary>The blocks.</summary>
    public Architecture Architecture { get; }

    public string Name => Architecture.Name;

    /// <summary>The step of the last measurement.</summary>
    public int End => _size.Steps;

    /// <summary>Of the pair that differs in its positions alone.</summary>
    public static GeometryNetwork Positions(GeometrySize size, bool rotary) => new(
        Blocks(
            size, rotary ? "rotary" : "no positions", Activation.Gelu, skip: 1, branch: 1, outStd: 1,
            rotary ? ["""attention.positions={"rope":{"base":10000,"fraction":1}}"""] : []),
        size);

    /// <summary>Of the pair that differs in its experts, whose larger σ_v makes up for what the choice of two of eight takes.</summary>
    public static GeometryNetwork Routing(GeometrySize size, bool experts) => new(
        Blocks(
            size, experts ? "routed" : "dense", Activation.Relu, skip: 0.8, branch: 0.6, outStd: experts ? 2 : 1,
            experts ? ["""mlp.experts={"count":8,"active":2}"""] : []),
        size);

    /// <summary>log(1 − ρ) behind a block, 0 for the tokens themselves, mean over sequences.</summary>
    public Estimate Spread(CellResults results, TokenStart start, int layer, int step) =>
        Of(results, run => run[Number(start, layer, step)].Mean);

    /// <summary>The same behind the last block less that of the tokens.</summary>
    public Estimate Change(CellResults results, TokenStart start, int step) =>
        Of(results, run => run[Number(start, _size.Depth, step)].Mean - run[Number(start, 0, step)].Mean);

    private static Architecture Blocks(
        GeometrySize size, string name, Activation activation, double skip, double branch, double outStd, string[] assignments) =>
        ArchitectureOverrides.Apply(
            ArchitectureModule.Defaults.With(
                name: name,
                tokens: size.Tokens,
                depth: size.Depth,
                width: size.Width,
                heads: GeometrySize.Heads,
                mlpWidth: 2 * size.Width,
                activation: activation,
                norm: Placement.Pre,
                mask: Mask.Causal,
                attention: AttentionParameters.Of(skip, branch, 2, 1),
                mlp: MlpParameters.Of(skip, branch, 1, 0, outStd),
                input: new InputParameters(1, 0)),
            assignments);

    private static string Number(TokenStart start, int layer, int step) =>
        string.Create(CultureInfo.InvariantCulture, $"log(1 − ρ), {start}, {layer} @{step}");

    private CellValues Train(CellAttempt attempt)
    {
        TrainingOptions options = Options(attempt.Seed, correlation: 0);
        ObservedRun run = ObservedTraining.Run(
            options, TrainingChain.Source, attempt, options.Steps,
            (trainer, batch, record) => record.Numbers.AddRange(Numbers(trainer, batch, attempt.Engines)));
        return run.Values;
    }

    private TrainingOptions Options(ulong seed, double correlation) => new(
        new ModelOptions(
            Architecture.With(input: new InputParameters(1, correlation)), TrainingTask.NextToken, TrainingChain.Source.Vocabulary),
        new OptimiserOptions(LearningRate: LearningRate, WarmupSteps: WarmupSteps),
        Sequences,
        _size.Steps,
        seed);

    private IEnumerable<KeyValuePair<string, double>> Numbers(IMeasuredTrainer trainer, TokenBatch batch, CellEngines engines)
    {
        foreach (TokenStart start in Enum.GetValues<TokenStart>())
        {
            SequenceGrams grams = new(_size.Tokens, _size.Depth, everyBoundary: true);
            if (start == TokenStart.Own)
            {
                trainer.Observe(batch, grams, backward: false);
            }
            else
            {
                // Another network's embeddings with these blocks behind them.
                using IMeasuredTrainer given =
                    engines.Trainers(Options(trainer.Options.Seed, start == TokenStart.Near ? 1 - 1e-8 : 0.5));
                foreach (NamedTensor tensor in trainer.Parameters.Where(tensor => tensor.Name.StartsWith("blocks.")))
                    given.Write(tensor, 0, trainer.Values(tensor.Name));
                given.Observe(batch, grams, backward: false);
            }

            for (int layer = 0; layer <= _size.Depth; layer++)
            {
                yield return new(
                    Number(start, layer, trainer.StepsDone),
                    grams.Stream(layer).Average(gram => SequenceGrams.Logs(gram, _size.Tokens).Angle));
            }
        }
    }
}
