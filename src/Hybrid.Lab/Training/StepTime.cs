using System.Globalization;
using Hybrid.Import.Json;

namespace Hybrid.Lab.Training;

/// <summary>How long a step took. Kept apart from the trajectory, whose bytes do not depend on the machine.</summary>
/// <param name="Step">1, 2, ….</param>
/// <param name="Seconds">Batch and step, without evaluations and checkpoints; null where the line was lost.</param>
internal sealed record StepTime(int Step, double? Seconds)
{
    /// <summary>The line, to a microsecond.</summary>
    public string ToText() => Seconds is double seconds
        ? string.Create(CultureInfo.InvariantCulture, $"{{\"step\":{Step},\"seconds\":{seconds:0.000000}}}")
        : string.Create(CultureInfo.InvariantCulture, $"{{\"step\":{Step}}}");

    public static StepTime Parse(JsonFields fields)
    {
        StepTime time = new(
            (int)fields.Integer("step", 1, int.MaxValue),
            fields.Has("seconds") ? fields.Number("seconds", NumberRange.NonNegative) : null);
        fields.EnsureNoOther();
        return time;
    }
}
