using System.Globalization;
using Hybrid.Architectures;
using Hybrid.Experiments.Cells;
using Hybrid.Experiments.Measurement;
using Hybrid.Lab.Data;
using Hybrid.Networks.Measurements;
using Hybrid.Networks.Training;

namespace Hybrid.Experiments.NormPlacement;

/// <summary>What one training run showed, read from its cell.</summary>
/// <param name="values">The cell's numbers.</param>
internal sealed class PlacementRun(CellValues values)
{
    private const string DivergedName = "diverged", TestLoss = "loss";
    private const string Checks = "bound checks", Violations = "bound violations", LargestRatio = "largest norm/bound",
        OutputRatio = "output norm/bound";

    /// <summary>Whether the run diverged, by the rule of every training run.</summary>
    public bool Diverged => values[DivergedName].Mean > 0;

    /// <summary>Mean cross-entropy on sequences that were never seen, nats per token, of a run that did not diverge.</summary>
    public double Loss => values[TestLoss].Mean;

    /// <summary>
    /// How often a norm was held against its bound: under peri every token at every logged step, under pre the longest of them
    /// before and after training, under post never.
    /// </summary>
    public double BoundChecks => values[Checks].Mean;

    /// <summary>How often it exceeded it.</summary>
    public double BoundViolations => values[Violations].Mean;

    /// <summary>The largest norm over bound at any boundary.</summary>
    public double LargestBoundRatio => values[LargestRatio].Mean;

    /// <summary>The largest norm over bound at the output when the network was last seen.</summary>
    public double OutputBoundRatio => values[OutputRatio].Mean;

    /// <summary>A quantity at boundary <paramref name="layer"/> before training or, of a run that did not diverge, after it.</summary>
    public double At(StreamQuantity quantity, int layer, bool trained) => values[NameOf(quantity, layer, trained)].Mean;

    /// <summary>One run: the stream by depth before and after, the placement's bound at every logged step.</summary>
    public static CellValues Measure(TrainingOptions options, ITokenSource source, int every, CellAttempt attempt)
    {
        Architecture architecture = options.Model.Architecture;
        PeriBound? peri = architecture.Norm == Placement.Peri ? new(architecture) : null;
        BoundTally tally = peri?.Tally ?? new(WeightBound.Rounding(architecture));
        ObservedRun run = ObservedTraining.Run(options, source, attempt, every, Observe);
        (List<KeyValuePair<string, double>> numbers, double loss) = (run.Record.Numbers, run.Loss);
        tally.Restore(run.Record.Counts);
        // A network that the last step destroyed has no loss either.
        bool diverged = !double.IsFinite(loss);
        if (!diverged)
            numbers.Add(new(TestLoss, loss));
        numbers.AddRange(
        [
            new(DivergedName, diverged ? 1 : 0),
            new(Checks, tally.Checks),
            new(Violations, tally.Violations),
            new(LargestRatio, tally.LargestRatio),
            new(OutputRatio, tally.LastRatio),
        ]);
        return CellValues.Of([numbers]);

        void Observe(IMeasuredTrainer trainer, TokenBatch batch, RunRecord record)
        {
            tally.Restore(record.Counts);
            See(trainer, batch, record.Numbers);
            tally.Store(record.Counts);
        }

        void See(IMeasuredTrainer trainer, TokenBatch batch, List<KeyValuePair<string, double>> seen)
        {
            if (peri is not null)
            {
                peri.Read(trainer);
                trainer.Observe(batch, peri, backward: false);
            }

            if (trainer.StepsDone > 0 && trainer.StepsDone < options.Steps)
                return;
            StreamMeasures[] streams = trainer.MeasurePass(batch, backward: false).Pass.Streams;
            foreach (StreamQuantity quantity in StreamQuantity.All)
            {
                seen.AddRange(streams.Select(
                    (stream, layer) => KeyValuePair.Create(NameOf(quantity, layer, trainer.StepsDone > 0), quantity.Of(stream))));
            }

            if (architecture.Norm == Placement.Pre)
            {
                double[] bounds = WeightBound.Of(trainer, streams[0].LargestNorm);
                for (int layer = 1; layer < streams.Length; layer++)
                    tally.Add([streams[layer].LargestNorm / bounds[layer]]);
            }
        }
    }

    private static string NameOf(StreamQuantity quantity, int layer, bool trained) =>
        string.Create(CultureInfo.InvariantCulture, $"{quantity.Name}, layer {layer}, {(trained ? "trained" : "initial")}");
}

/// <summary>A size of the residual stream that is followed over depth.</summary>
/// <param name="Name">In tables, figures and stored numbers.</param>
/// <param name="Of">Its value at one boundary.</param>
internal sealed record StreamQuantity(string Name, Func<StreamMeasures, double> Of)
{
    public static readonly StreamQuantity Magnitude = new("mean absolute value", stream => stream.MeanAbsolute);
    public static readonly StreamQuantity CoordinateVariance = new("coordinate variance", stream => stream.CoordinateVariance);
    public static readonly StreamQuantity DataVariance = new("data variance", stream => stream.DataVariance);

    /// <summary>The three of Kan et al.</summary>
    public static readonly IReadOnlyList<StreamQuantity> All = [Magnitude, CoordinateVariance, DataVariance];
}
