using System.Text.Json;
using System.Text.Json.Serialization;
using Hybrid.Lab.Statistics;

namespace Hybrid.Experiments.Cells;

/// <summary>What one cell measured: named numbers with standard errors.</summary>
public sealed class CellValues
{
    private static readonly JsonSerializerOptions Options =
        new() { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

    private readonly Dictionary<string, Estimate> _values;
    private readonly Func<string, Estimate>? _madeUp;

    /// <summary>Of finished estimates.</summary>
    public CellValues(IEnumerable<KeyValuePair<string, Estimate>> values) => _values = new(values);

    /// <summary>A cell that has a number under every name: for evaluations without measurements.</summary>
    internal CellValues(Func<string, Estimate> madeUp)
        : this([]) => _madeUp = madeUp;

    /// <summary>The names, in the order of measurement.</summary>
    public IReadOnlyCollection<string> Names => _values.Keys;

    /// <summary>The number of that name.</summary>
    /// <exception cref="InvalidOperationException">The cell measured no such number.</exception>
    public Estimate this[string name] => _values.TryGetValue(name, out Estimate value)
        ? value
        : _madeUp?.Invoke(name)
            ?? throw new InvalidOperationException($"the cell has no number '{name}'; it has {string.Join(", ", _values.Keys)}");

    /// <summary>Estimates from samples that each name the same numbers.</summary>
    public static CellValues Of(IEnumerable<IEnumerable<KeyValuePair<string, double>>> samples)
    {
        Dictionary<string, List<double>> columns = [];
        foreach (IEnumerable<KeyValuePair<string, double>> sample in samples)
        {
            foreach ((string name, double value) in sample)
            {
                if (!columns.TryGetValue(name, out List<double>? column))
                    columns.Add(name, column = []);
                column.Add(value);
            }
        }

        return new(columns.Select(column => KeyValuePair.Create(column.Key, Estimate.Of(column.Value.ToArray()))));
    }

    /// <summary>{"name":[mean, standard error, samples], …}; every number comes back bit by bit.</summary>
    public string ToJson() => JsonSerializer.Serialize(
        _values.ToDictionary(item => item.Key, item => new[] { item.Value.Mean, item.Value.StandardError, item.Value.Samples }),
        Options);

    /// <summary>Reads <see cref="ToJson"/>; null where the text is something else.</summary>
    public static CellValues? FromJson(string text)
    {
        try
        {
            Dictionary<string, double[]>? values = JsonSerializer.Deserialize<Dictionary<string, double[]>>(text, Options);
            return values is null || values.Values.Any(value => value is not { Length: 3 })
                ? null
                : new(values.Select(item => KeyValuePair.Create(item.Key, new Estimate(item.Value[0], item.Value[1], (int)item.Value[2]))));
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
