using System.Globalization;
using Hybrid.Import.Json;

namespace Hybrid.Lab.Training;

/// <summary>How long a step took. Kept apart from the trajectory, whose bytes do not depend on the machine.</summary>
/// <param name="Step">1, 2, ….</param>
/// <param name="Seconds">Batch and step, without evaluations and checkpoints.</param>
internal sealed record StepTime(int Step, double Seconds)
{
    /// <summary>The line, to a microsecond.</summary>
    public string ToText() => string.Create(CultureInfo.InvariantCulture, $"{{\"step\":{Step},\"seconds\":{Seconds:0.000000}}}");

    public static StepTime Parse(JsonFields fields)
    {
        StepTime time = new((int)fields.Integer("step", 1, int.MaxValue), fields.Number("seconds", NumberRange.NonNegative));
        fields.EnsureNoOther();
        return time;
    }
}
