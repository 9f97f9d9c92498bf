using System.Globalization;
using Hybrid.Cli.Output;
using Hybrid.Cli.Shared;
using Hybrid.Drawing;
using Hybrid.Lab.Data;
using Hybrid.Lab.Engines;
using Hybrid.Lab.Training;
using Hybrid.Networks.Training;

namespace Hybrid.Cli.Verbs;

/// <summary>What hybrid train prints: the plan before, the losses after.</summary>
internal static class TrainTables
{
    public static void WriteHeader(TextWriter output, RunHeader header, RunDirectory directory, ITrainer trainer)
    {
        TrainingPlan plan = directory.Plan;
        (TrainingOptions options, ModelOptions model, OptimiserOptions optimiser) =
            (plan.Options, plan.Options.Model, plan.Options.Optimiser);
        void Line(params FormattableString[] parts) =>
            output.WriteLine(string.Concat(parts.Select(part => part.ToString(CultureInfo.InvariantCulture))));

        header.Write(output);
        Line($"{RunHeader.Describe(model.Architecture)}");
        Line(
            $"task {TrainingPlanJson.WordOf(TrainingPlanJson.Tasks, model.Task)}, vocabulary {model.Vocabulary}, ",
            $"{(model.Tied ? "tied" : "untied")}; {trainer.Parameters.Sum(tensor => tensor.Length)} parameters",
            $"{(options.Recompute ? "; activations recomputed" : "")}");
        Line($"data {plan.Data.Source}{(plan.Data.File is { } file ? $" ({file})" : "")}");
        Line(
            $"{TrainingPlanJson.WordOf(TrainingPlanJson.Optimisers, optimiser.Kind)}, learning rate {optimiser.LearningRate} ",
            $"after {optimiser.WarmupSteps} steps of warm-up, {Schedule(optimiser)}, weight decay {optimiser.WeightDecay}, ",
            double.IsInfinity(optimiser.ClipNorm) ? (FormattableString)$"no clipping" : $"clipped at {optimiser.ClipNorm}");
        Line(
            $"{options.Steps} steps of {options.Sequences} × {model.Architecture.Tokens} tokens; ",
            $"{plan.EvalSequences} sequences evaluated every {plan.EvalEvery} steps; checkpoints every {plan.CheckpointEvery}");
        Line($"out {directory.FullPath}{(directory.Checkpoints.Latest is int step ? $", from the checkpoint of step {step}" : "")}");
        output.WriteLine();
    }

    public static void WriteResult(Terminal terminal, TrainingReport report, RunDirectory directory)
    {
        TrainingResult result = report.Result;
        TextTable.Write(terminal, Losses(report));
        if (TrainedLayers.Of(directory, result.Steps) is ReportTable layers)
        {
            terminal.Out.WriteLine(layers.Caption);
            TextTable.Write(terminal, layers);
        }

        TextWriter output = terminal.Out;
        output.WriteLine(new TrainingSummary(report).Sentence);
        output.WriteLine(Outcome(report));
        output.WriteLine($"written: {directory.FigurePath}");
    }

    /// <summary>How the run ended, how fast it was and what it took.</summary>
    public static string Outcome(TrainingReport report)
    {
        double rate = report.Result.TokensPerSecond;
        string speed = double.IsNaN(rate) ? "" : string.Create(CultureInfo.InvariantCulture, $"{rate:0} tokens/s, ");
        return $"{Ending(report.Result)}; {speed}{MemorySize.Text(report.PeakMemory)} at most";
    }

    /// <summary>Losses at both ends of the run and what they are to be compared with.</summary>
    public static ReportTable Losses(TrainingReport report)
    {
        TrainingResult result = report.Result;
        List<IReadOnlyList<string>> rows = [];
        void Row(string name, double nats) => rows.Add([name, Numbers.Significant(nats), Numbers.Significant(nats / Math.Log(2))]);

        Row("training, first step", result.InitialLoss);
        Row(result.FinalSteps == 1 ? "training, last step" : $"training, mean of the last {result.FinalSteps} steps", result.FinalLoss);
        Row("evaluation, before training", result.InitialEvalLoss);
        Row("evaluation, last", result.FinalEvalLoss);
        if (report.Optimum is double optimum)
            Row("optimum, exact", optimum);
        foreach (ReferenceLoss reference in report.References)
            Row(reference.Name, reference.Nats);
        Row($"uniform over {result.Plan.Options.Model.Vocabulary} tokens", Math.Log(result.Plan.Options.Model.Vocabulary));
        return new("", ["<loss", "nats per target", "bits per target"], rows);
    }

    private static string Schedule(OptimiserOptions optimiser) => optimiser.Schedule == ScheduleKind.Constant
        ? "constant"
        : string.Create(CultureInfo.InvariantCulture, $"cosine to {optimiser.FinalFraction} of it");

    private static string Ending(TrainingResult result) => result.Outcome switch
    {
        TrainingOutcome.Finished => $"finished: {result.Steps} steps",
        TrainingOutcome.Diverged => $"diverged at step {result.Steps}: {result.Reason}",
        TrainingOutcome.Running => $"running: step {result.Steps} of {result.Plan.Options.Steps}",
        _ => $"stopped at step {result.Steps} of {result.Plan.Options.Steps}",
    };
}
