using System.Text.Json;
using System.Text.Json.Serialization;
using Hybrid.Import.Json;
using Hybrid.Lab.Training;

namespace Hybrid.Experiments.Measurement;

/// <summary>
/// All that a training run of a cell carries from step to step besides its network: an interrupted one goes on from it bit by bit.
/// </summary>
internal sealed class RunRecord
{
    private static readonly JsonSerializerOptions Options =
        new() { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

    /// <summary>The cell's numbers so far, in the order in which they were seen.</summary>
    public List<KeyValuePair<string, double>> Numbers { get; private init; } = [];

    /// <summary>What an observer counts, by name; it is in no result.</summary>
    public Dictionary<string, double> Counts { get; private init; } = [];

    /// <summary>The steps so far, as the rule of divergence takes them.</summary>
    internal List<LogEntry> Steps { get; private init; } = [];

    /// <summary>Reads <see cref="ToText"/>.</summary>
    /// <exception cref="InputException">The text is something else.</exception>
    public static RunRecord Parse(string text)
    {
        try
        {
            Stored stored = JsonSerializer.Deserialize<Stored>(text, Options) ?? throw new JsonException("null");
            return new()
            {
                Numbers = [.. stored.Names.Zip(stored.Values, KeyValuePair.Create)],
                Counts = new(stored.Counts),
                Steps = [.. stored.Losses.Select((loss, index) => new LogEntry(index + 1, loss, stored.Gradients[index], null, null))],
            };
        }
        catch (Exception error) when (error is JsonException or NullReferenceException or ArgumentException)
        {
            throw new InputException($"the record of an interrupted training cannot be read ({error.Message})", error);
        }
    }

    /// <summary>As JSON; every number comes back bit by bit.</summary>
    public string ToText() => JsonSerializer.Serialize(
        new Stored(
            [.. Numbers.Select(number => number.Key)],
            [.. Numbers.Select(number => number.Value)],
            Counts,
            [.. Steps.Select(step => step.Loss!.Value)],
            [.. Steps.Select(step => step.GradientNorm!.Value)]),
        Options);

    private sealed record Stored(
        string[] Names, double[] Values, Dictionary<string, double> Counts, double[] Losses, double[] Gradients);
}
