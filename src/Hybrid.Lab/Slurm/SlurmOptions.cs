using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Hybrid.Import.Json;
using Hybrid.Import.Records;

namespace Hybrid.Lab.Slurm;

/// <summary>What a submission asks of Slurm; what is null is left to the site or to what the cells need.</summary>
/// <param name="Partition">The partition.</param>
/// <param name="Account">The account.</param>
/// <param name="Time">Time of a task as Slurm reads it, such as 2:00:00; null: estimated from a first cell.</param>
/// <param name="Memory">Bytes of a task; null: what the cells need.</param>
/// <param name="Gpus">GPUs of a task; null: one where the cells want one.</param>
/// <param name="Cpus">Cores of a task, ≥ 1.</param>
/// <param name="Tasks">Tasks of an array, ≥ 1; null: tasks of some ten minutes.</param>
/// <param name="Template">File of the script's template; null: <see cref="SlurmTemplate.Standard"/>.</param>
public sealed record SlurmOptions(
    string? Partition = null,
    string? Account = null,
    string? Time = null,
    long? Memory = null,
    int? Gpus = null,
    int Cpus = 1,
    int? Tasks = null,
    string? Template = null)
{
    /// <summary>As JSON, for a later submission of the same cells.</summary>
    public string ToText() => new JsonObject
    {
        ["partition"] = Partition,
        ["account"] = Account,
        ["time"] = Time,
        ["memory"] = Memory,
        ["gpus"] = Gpus,
        ["cpus"] = Cpus,
        ["tasks"] = Tasks,
        ["template"] = Template,
    }.ToJsonString() + "\n";

    /// <summary>Reads <see cref="ToText"/>; <paramref name="source"/> names it in errors.</summary>
    /// <exception cref="InputException">It is something else.</exception>
    public static SlurmOptions Parse(string text, string source)
    {
        using JsonDocument document = ArchitectureJson.ParseDocument(text, source);
        JsonFields root = new(document.RootElement, source);
        string? Word(string name) => root.Any(name).GetString();
        long? Count(string name) => root.Any(name) is { ValueKind: JsonValueKind.Number } value ? value.GetInt64() : null;
        SlurmOptions options = new(
            Word("partition"), Word("account"), Word("time"), Count("memory"), (int?)Count("gpus"), (int)(Count("cpus") ?? 1),
            (int?)Count("tasks"), Word("template"));
        root.EnsureNoOther();
        return options;
    }

    /// <summary>The options, and those of an earlier submission where nothing is given.</summary>
    public SlurmOptions Over(SlurmOptions earlier, bool cpusGiven) => new(
        Partition ?? earlier.Partition, Account ?? earlier.Account, Time ?? earlier.Time, Memory ?? earlier.Memory, Gpus ?? earlier.Gpus,
        cpusGiven ? Cpus : earlier.Cpus, Tasks ?? earlier.Tasks, Template ?? earlier.Template);

    /// <summary>The seconds of a time as Slurm reads it: minutes, minutes:seconds, hours:minutes:seconds, days-hours and so on.</summary>
    internal static double SecondsOf(string time)
    {
        string[] days = time.Split('-');
        double[] parts = [.. days[^1].Split(':').Select(part => double.Parse(part, NumberStyles.None, CultureInfo.InvariantCulture))];
        if (days.Length == 2)
        {
            double day = double.Parse(days[0], NumberStyles.None, CultureInfo.InvariantCulture);
            return 86400 * day + parts.Select((part, i) => part * Math.Pow(60, 2 - i)).Sum();
        }

        return parts.Length == 1 ? 60 * parts[0] : parts.Aggregate(0.0, (sum, part) => 60 * sum + part);
    }

    /// <summary>Seconds as Slurm reads them, rounded up to minutes.</summary>
    internal static string TimeText(double seconds)
    {
        long minutes = (long)Math.Ceiling(Math.Min(seconds, 365.0 * 86400) / 60);
        return string.Create(CultureInfo.InvariantCulture, $"{minutes / 60}:{minutes % 60:00}:00");
    }
}
