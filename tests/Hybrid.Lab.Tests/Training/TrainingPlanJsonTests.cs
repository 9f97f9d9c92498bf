using System.Text.Json.Nodes;
using Hybrid.Import.Files;
using Hybrid.Import.Json;
using Hybrid.Import.Records;
using Hybrid.Lab.Data;
using Hybrid.Lab.Training;
using Hybrid.Networks.Training;
using Xunit;

namespace Hybrid.Lab.Tests.Training;

public class TrainingPlanJsonTests
{
    [Fact]
    public void A_plan_reads_back_as_it_was_written()
    {
        TrainingPlan plan = Plans.Small();
        TrainingPlan other = plan with
        {
            Data = new("/data/text", new FileIdentity(5, new string('a', 64))),
            Options = plan.Options with
            {
                Seed = ulong.MaxValue,
                Recompute = true,
                Optimiser =
                    plan.Options.Optimiser with { ClipNorm = double.PositiveInfinity, LearningRate = 0.1 + 0.2, Kind = OptimiserKind.Sgd },
            },
        };
        Assert.Equal(plan, TrainingPlanJson.Parse(TrainingPlanJson.ToText(plan), "x"));
        Assert.Equal(other, TrainingPlanJson.Parse(TrainingPlanJson.ToText(other), "x"));
    }

    // Runs that do not say it are older than the choice.
    [Fact]
    public void A_file_of_which_nothing_is_said_has_its_end_held_out_and_a_source_without_a_file_has_none()
    {
        TrainingPlan plan = Plans.Small();
        foreach (HeldOut heldOut in Enum.GetValues<HeldOut>())
        {
            TrainingPlan file = plan with { Data = new("/data/text", new FileIdentity(5, new string('a', 64))) { HeldOut = heldOut } };
            JsonObject node = TrainingPlanJson.ToNode(file);
            Assert.Equal(heldOut != HeldOut.End, node["data"]!.AsObject().ContainsKey("heldOut"));
            Assert.Equal(heldOut, TrainingPlanJson.Parse(node.ToJsonString(), "x").Data.HeldOut);
        }

        Assert.Equal(HeldOut.Spread, TrainingPlanJson.Parse(TrainingPlanJson.ToText(plan), "x").Data.HeldOut);
    }

    [Theory]
    [InlineData("steps", "0", "steps must be an integer from 1 to 999999999, got 0")]
    [InlineData("steps", "1e3", "steps must be an integer")]
    [InlineData("batch", "\"4\"", "batch must be an integer")]
    [InlineData("format", "2", "format must be an integer from 1 to 1, got 2")]
    [InlineData("seed", "-1", "seed must be an integer from 0")]
    [InlineData("recompute", "1", "recompute must be true or false, got 1")]
    [InlineData("stps", "1", "'stps' is not a field here; did you mean steps?")]
    [InlineData("optimiser.learningRate", "0", "optimiser.learningRate must be a finite number > 0, got 0")]
    [InlineData("optimiser.learningRate", "1e999", "optimiser.learningRate must be a finite number > 0, got 1e999")]
    [InlineData("optimiser.beta2", "1", "optimiser.beta2 must be a number in [0, 1), got 1")]
    [InlineData("optimiser.finalFraction", "1.5", "optimiser.finalFraction must be a number in [0, 1], got 1.5")]
    [InlineData("optimiser.kind", "\"adam\"", "optimiser.kind must be one of adamw, sgd, got \"adam\"")]
    [InlineData("optimiser.nesterov", "true", "'optimiser.nesterov' is not a field here")]
    [InlineData("model.tide", "true", "'model.tide' is not a field here; did you mean tied?")]
    [InlineData("data.sourc", "1", "'data.sourc' is not a field here; did you mean source?")]
    [InlineData("model.task", "null", "model.task must be a string, got null")]
    [InlineData("model.vocabulary", "257", "model.vocabulary must be an integer from 2 to 256, got 257")]
    [InlineData("model.architecture", "[]", "the architecture must be a JSON object")]
    [InlineData("data", "\"text\"", "data must be a JSON object, got \"text\"")]
    [InlineData("data.bytes", "5", "data.sha256 is missing")]
    public void A_field_out_of_its_range_is_an_error_that_names_it(string path, string value, string message)
    {
        JsonObject root = TrainingPlanJson.ToNode(Plans.Small());
        string[] names = path.Split('.');
        JsonObject target = names.SkipLast(1).Aggregate(root, (node, name) => node[name]!.AsObject());
        target[names[^1]] = "HERE";
        string text = root.ToJsonString().Replace("\"HERE\"", value);
        string error = Assert.Throws<InputException>(() => TrainingPlanJson.Parse(text, "c.json")).Message;
        Assert.StartsWith("c.json", error);
        Assert.Contains(message, error);
    }

    [Fact]
    public void Every_field_must_be_there_once()
    {
        string text = TrainingPlanJson.ToText(Plans.Small());
        foreach (string name in (string[])["engine", "steps", "optimiser", "model", "kind", "task", "source"])
        {
            JsonObject root = JsonNode.Parse(text)!.AsObject();
            foreach (JsonObject owner in (JsonObject[])[
                root, root["optimiser"]!.AsObject(), root["model"]!.AsObject(), root["data"]!.AsObject()])
            {
                owner.Remove(name);
            }

            Assert.Contains(
                $"{name} is missing", Assert.Throws<InputException>(() => TrainingPlanJson.Parse(root.ToJsonString(), "x")).Message);
        }

        Assert.Contains("steps is given twice", Assert.Throws<InputException>(
            () => TrainingPlanJson.Parse(text.Replace("\"steps\"", "\"steps\": 1, \"steps\""), "x")).Message);
        Assert.Contains(
            "cannot be read as JSON at line 1", Assert.Throws<InputException>(() => TrainingPlanJson.Parse("{\"steps\":", "x")).Message);
    }

    [Fact]
    public void Differences_are_named_with_both_values()
    {
        TrainingPlan plan = Plans.Small();
        TrainingPlan other =
            plan with { Options = plan.Options with { Steps = 50, Optimiser = plan.Options.Optimiser with { LearningRate = 0.2 } } };
        Assert.Equal([("steps", "40", "50"), ("optimiser.learningRate", "0.1", "0.2")], PlanDifferences.Between(plan, other));
        Assert.Empty(PlanDifferences.Between(plan, plan));
    }

    [Theory]
    [InlineData("none", TrainingTask.NextToken, "--set mask=causal")]
    [InlineData("causal", TrainingTask.MaskedToken, "--set mask=none")]
    public void A_task_and_a_mask_that_do_not_fit_are_refused_with_what_to_give(string mask, TrainingTask task, string remedy)
    {
        TrainingPlan plan = Plans.Small();
        ModelOptions model = plan.Options.Model with
        {
            Task = task,
            Architecture = ArchitectureOverrides.Apply(plan.Options.Model.Architecture, [$"mask={mask}"]),
        };
        using ITokenSource source = plan.Data.Open(1);
        Assert.Contains(remedy, Assert.Throws<InputException>(
            () => (plan with { Options = plan.Options with { Model = model } }).EnsureFits(source)).Message);
    }

    [Fact]
    public void A_file_with_too_few_validation_sequences_is_refused_with_the_numbers()
    {
        using TemporaryFolder folder = new();
        string path = folder.Write("text", new string('x', 2000));
        TrainingPlan plan = Plans.Small(data: path);
        using ITokenSource source = plan.Data.Open(1);
        Assert.Contains("has 5 sequences of 17 tokens", Assert.Throws<InputException>(() => plan.EnsureFits(source)).Message);
        (plan with { EvalSequences = 4 }).EnsureFits(source);
    }
}
