using System.CommandLine;
using Hybrid.Cli.Output;
using Hybrid.Cli.Shared;
using Hybrid.Import.HuggingFace;
using Hybrid.Import.Json;
using Hybrid.Lab.Cells;
using Hybrid.Lab.Data;
using Hybrid.Lab.Training;

namespace Hybrid.Cli.Verbs;

/// <summary>hybrid sweep: predicts, simulates or trains at every point of a grid or a list, here or on a cluster.</summary>
internal static class SweepCommand
{
    public static Verb Create(Session session)
    {
        Verb verb = new(
            "sweep",
            "Predicts, simulates or trains an architecture at every point of a grid or list: on one core, on all, or on a cluster.",
            "hybrid sweep pre-tanh-critical --axis mlp.inStd=0.5:3:6 --axis norm=pre,post,peri --do predict --out grid",
            "hybrid sweep pre-tanh-critical --axis width=256,1024,4096 --axis seed=1,2,3 --do simulate --samples 4 --out widths "
                + "--shard 1/3",
            "hybrid sweep pre-tanh-critical --set mask=causal --axis optimiser.learningRate=1e-4:1e-2:5:log --do train "
                + "--data synthetic --steps 500 --out rates --slurm --partition short --time 1:00:00");
        Argument<string> source = Options.Architecture();
        Option<string[]> axes = new("--axis")
        {
            Description = "What is swept: fields (several joined by commas), seed, or optimiser.NAME of a training; repeatable.",
            HelpName = "PATHS=lo:hi:count[:log]|value,…",
            Required = true,
        };
        Option<bool> list = new("--list") { Description = "Take the axes' values side by side rather than in all combinations." };
        Option<string?> action = Options.Choice("--do", "What is done at every point.", "predict", SweepWork.Actions);
        Option<string> folder = new("--out")
        {
            Description = "The cells' folder: new, empty, or one of the same question, which is continued.",
            HelpName = "FOLDER",
            Required = true,
        };
        Option<int> samples = Options.Samples(8, 1, "Networks to draw at a point of --do simulate.");
        Option<string?> engine = Options.Engine();
        Option<int> threads = Options.Threads();
        verb.Arguments.Add(source);
        foreach (Option option in (Option[])[axes, list, action, folder, samples, engine, threads])
            verb.Options.Add(option);
        DeviceOptions device = new(verb);
        CommonOptions common = new(verb);
        ArchitectureLoading loading = new(verb, common);
        CellOptions cells = new(verb);
        TrainOptions training = new(verb, session.Trainers, source, engine, common);
        return verb.Does(parsed =>
        {
            bool apart = cells.Asked(parsed);
            string word = parsed.GetRequiredValue(action)!;
            if (word != "train" && training.FirstGiven(parsed) is string option)
                throw new InputException($"{option} is for --do train, got --do {word}");
            if (word != "simulate" && Options.Given(parsed, samples))
                throw new InputException($"--samples is for --do simulate, got --do {word}");
            LoadedArchitecture loaded = loading.Load(parsed, parsed.GetRequiredValue(source));
            string path = parsed.GetRequiredValue(folder);
            SweepQuestion question = new(
                word, loaded.Architecture, [.. parsed.GetRequiredValue(axes).Select(SweepAxis.Parse)], parsed.GetValue(list),
                common.Seed(parsed), null, device.Choice(parsed, null), 0, null);

            // The GPUs of engine torch are looked for here, unless it is other machines that measure.
            if (word == "simulate")
            {
                question = question with
                {
                    Samples = parsed.GetValue(samples),
                    Engine = parsed.GetValue(engine)
                        ?? session.Engines.DefaultFor([.. question.Points().Select(question.At)]),
                };
                if (!(apart && question.Engine == SweepWork.TorchEngine))
                    session.Engines.Find(question.Engine, question.Device);
            }
            else if (word == "train")
            {
                // Data files stand in the plan by their path from a cell's own run, wherever the sweep's folder is brought.
                (TrainingPlan plan, ITokenSource data) = training.Plan(parsed, null, CellFolder.ScratchIn(path, 0));
                data.Dispose();
                question = question with { Training = plan };
                if (!(apart && plan.Engine == SweepWork.TorchEngine))
                    session.Trainers.Find(plan.Engine, question.Device);
            }

            SweepWork work = new(question, Machine.BuiltVersion, session);
            int count = Options.ThreadsOf(parsed, threads);
            return apart
                ? CellJobs.Do(session, parsed, cells, work, path, count)
                : Run(session, work, CellFolder.Create(path, work.Plan), count, common.Json(parsed));
        });
    }

    /// <summary>All cells here, and what they found.</summary>
    private static int Run(Session session, SweepWork work, CellFolder folder, int threads, bool json)
    {
        if (!json)
        {
            new RunHeader("sweep", work.Plan.Seed).Write(session.Terminal.Out);
            session.Terminal.Out.WriteLine(RunHeader.Describe(work.Question.Architecture));
            session.Terminal.Out.WriteLine($"{work.Plan.Cells} cells, {work.Question.Do}");
            session.Terminal.Out.WriteLine();
        }

        int code = CellJobs.Measure(session, work, folder, CellAssignment.Of(work.Plan, CellShard.Whole), threads);
        return code == ExitCode.Agrees ? SweepOutput.Finish(session, work, folder, json) : code;
    }
}
