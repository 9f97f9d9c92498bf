using System.Globalization;
using System.Text.Json.Nodes;
using Hybrid.Architectures;
using Hybrid.Import.Json;
using Hybrid.Import.Records;
using Hybrid.Lab.Engines;
using Hybrid.Lab.Training;

namespace Hybrid.Cli.Verbs;

/// <summary>What a sweep asks, complete: its JSON is the question of its plan.</summary>
/// <param name="Do">What is done at each point: <see cref="SweepWork.Actions"/>.</param>
/// <param name="Architecture">What all points share.</param>
/// <param name="Axes">The axes; the last one is the fastest.</param>
/// <param name="Listed">Whether the axes' values go side by side, rather than in all combinations.</param>
/// <param name="Seed">The seed of points that do not sweep it.</param>
/// <param name="Engine">The engine of simulations; null otherwise.</param>
/// <param name="Device">Where and how an engine runs.</param>
/// <param name="Samples">Networks of a simulation; 0 otherwise.</param>
/// <param name="Training">The training of which points change something; null where none is trained.</param>
internal sealed record SweepQuestion(
    string Do,
    Architecture Architecture,
    IReadOnlyList<SweepAxis> Axes,
    bool Listed,
    ulong Seed,
    string? Engine,
    DeviceChoice Device,
    int Samples,
    TrainingPlan? Training)
{
    private const int MostPoints = 10_000_000;

    /// <summary>What each point sets, in the order of their numbers.</summary>
    /// <exception cref="InputException">The axes do not go together.</exception>
    public IReadOnlyList<IReadOnlyList<(string Path, string Value)>> Points()
    {
        if (Axes.Count == 0)
            throw new InputException("--axis PATH=… is required, at least once; hybrid sweep --help has examples");
        if (Axes.SelectMany(axis => axis.Paths).GroupBy(path => path).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new InputException($"--axis sweeps {twice.Key} twice; give every path to one axis");
        if (Listed)
        {
            int length = Axes[0].Values.Count;
            return Axes.FirstOrDefault(axis => axis.Values.Count != length) is SweepAxis other
                ? throw new InputException($"--list takes axes of equal lengths, got {length} values of {Axes[0].Paths[0]} and "
                    + $"{other.Values.Count} of {other.Paths[0]}")
                : [.. Enumerable.Range(0, length).Select(i => Assignments([.. Axes.Select(axis => axis.Values[i])]))];
        }

        Int128 count = Axes.Aggregate((Int128)1, (product, axis) => product * axis.Values.Count);
        if (count > MostPoints)
            throw new InputException($"a sweep has at most {MostPoints} cells, got {count}; give fewer --axis or shorter ones");
        List<IReadOnlyList<(string, string)>> points = new((int)count);
        int[] place = new int[Axes.Count];
        for (int number = 0; number < (int)count; number++)
        {
            for (int axis = Axes.Count - 1, rest = number; axis >= 0; rest /= Axes[axis].Values.Count, axis--)
                place[axis] = rest % Axes[axis].Values.Count;
            points.Add(Assignments([.. Axes.Select((axis, i) => axis.Values[place[i]])]));
        }

        return points;
    }

    /// <summary>The architecture of a point.</summary>
    /// <exception cref="InvalidArchitectureException">A field is out of its range.</exception>
    public Architecture At(IReadOnlyList<(string Path, string Value)> point) => ArchitectureOverrides.Apply(
        Architecture,
        point.Where(item => !item.Path.StartsWith(SweepAxis.Optimiser, StringComparison.Ordinal) && item.Path != SweepAxis.Seed)
            .Select(item => $"{item.Path}={item.Value}"));

    /// <summary>The seed of a point.</summary>
    public ulong SeedAt(IReadOnlyList<(string Path, string Value)> point)
    {
        string? given = point.FirstOrDefault(item => item.Path == SweepAxis.Seed).Value;
        return given is null ? Seed
            : ulong.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out ulong seed) ? seed
            : throw new InputException($"--axis seed must have integers from 0 to {ulong.MaxValue}, got '{given}'");
    }

    /// <summary>The training of a point.</summary>
    /// <exception cref="InputException">A value is illegal.</exception>
    public TrainingPlan TrainingAt(IReadOnlyList<(string Path, string Value)> point, Architecture architecture)
    {
        JsonObject node = TrainingPlanJson.ToNode(Training!);
        node["seed"] = SeedAt(point);
        JsonObject model = node["model"]!.AsObject(), optimiser = node["optimiser"]!.AsObject();
        model["architecture"] = ArchitectureJson.ToNode(architecture);
        // A task that is the mask's own goes with the mask.
        if (Training!.Options.Model.Task == TrainingPlan.TaskOf(Architecture))
            model["task"] = TrainingPlanJson.WordOf(TrainingPlanJson.Tasks, TrainingPlan.TaskOf(architecture));
        foreach ((string path, string value) in point.Where(item => item.Path.StartsWith(SweepAxis.Optimiser, StringComparison.Ordinal)))
        {
            string name = path[SweepAxis.Optimiser.Length..];
            string[] names = [.. optimiser.Select(item => item.Key)];
            if (!names.Contains(name))
            {
                throw new InputException(
                    $"--axis {path}: must be one of {string.Join(", ", names.Select(legal => SweepAxis.Optimiser + legal))}"
                    + NearestName.Question(name, names));
            }

            optimiser[name] = double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out double number)
                ? number == Math.Floor(number) && Math.Abs(number) < int.MaxValue ? JsonValue.Create((int)number) : JsonValue.Create(number)
                : JsonValue.Create(value);
        }

        return TrainingPlanJson.Parse(node.ToJsonString(), $"the training of {KeyOf(point)}");
    }

    /// <summary>A point in words.</summary>
    public static string KeyOf(IReadOnlyList<(string Path, string Value)> point) =>
        string.Join(' ', point.Select(item => $"{item.Path}={item.Value}"));

    /// <summary>The question as JSON.</summary>
    public JsonObject ToNode() => new()
    {
        ["do"] = Do,
        ["architecture"] = ArchitectureJson.ToNode(Architecture),
        ["axes"] = new JsonArray([.. Axes.Select(axis => axis.ToNode())]),
        ["listed"] = Listed,
        ["engine"] = Engine,
        ["device"] = Device.Device,
        ["precision"] = Device.Precision,
        ["drawOnDevice"] = Device.DrawOnDevice,
        ["samples"] = Samples,
        ["training"] = Training is null ? null : TrainingPlanJson.ToNode(Training),
    };

    /// <summary>Reads <see cref="ToNode"/>.</summary>
    public static SweepQuestion Of(JsonObject node, ulong seed) => new(
        node["do"]!.GetValue<string>(),
        ArchitectureJson.Parse(node["architecture"]!.ToJsonString(), "the plan"),
        [.. node["axes"]!.AsArray().Select(axis => SweepAxis.Of(axis!))],
        node["listed"]!.GetValue<bool>(),
        seed,
        (string?)node["engine"],
        new((string?)node["device"], (string?)node["precision"], node["drawOnDevice"]!.GetValue<bool>()),
        node["samples"]!.GetValue<int>(),
        node["training"] is JsonObject training ? TrainingPlanJson.Parse(training.ToJsonString(), "the plan: training") : null);

    private IReadOnlyList<(string Path, string Value)> Assignments(IReadOnlyList<string> values) =>
        [.. Axes.SelectMany((axis, i) => axis.Paths.Select(path => (path, values[i])))];
}
