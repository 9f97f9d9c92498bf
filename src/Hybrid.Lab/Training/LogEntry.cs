using System.Text;
using System.Text.Json;
using Hybrid.Import.Json;

namespace Hybrid.Lab.Training;

/// <summary>One line of the trajectory.</summary>
/// <param name="Step">0 for the state before training, which has an evaluation and nothing else; 1, 2, … for the optimiser's steps.
/// One that has nothing is of a line that was damaged and given up.</param>
/// <param name="Loss">Mean cross-entropy of the step's batch before its update, nats; NaN where it was not finite. Null at step 0.</param>
/// <param name="GradientNorm">Norm of the whole gradient before clipping. Null at step 0.</param>
/// <param name="LearningRate">η of the step. Null at step 0.</param>
/// <param name="EvalLoss">Mean cross-entropy of the validation sequences after the update, nats; null where none was taken.</param>
public sealed record LogEntry(int Step, double? Loss, double? GradientNorm, double? LearningRate, double? EvalLoss);

/// <summary>
/// A line of log.jsonl. It holds nothing but the trajectory, and numbers in the shortest form that reads back to the same
/// bits: a run that was killed and resumed leaves the same bytes as one that was not. What is not finite is null.
/// </summary>
internal static class LogEntryJson
{
    public static string ToText(LogEntry entry)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream))
        {
            json.WriteStartObject();
            json.WriteNumber("step", entry.Step);
            Write(json, "loss", entry.Loss);
            Write(json, "gradientNorm", entry.GradientNorm);
            Write(json, "learningRate", entry.LearningRate);
            Write(json, "evalLoss", entry.EvalLoss);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    public static LogEntry Parse(JsonFields fields)
    {
        LogEntry entry = new(
            (int)fields.Integer("step", 0, int.MaxValue),
            Number(fields, "loss"),
            Number(fields, "gradientNorm"),
            Number(fields, "learningRate"),
            Number(fields, "evalLoss"));
        fields.EnsureNoOther();
        return entry;
    }

    private static void Write(Utf8JsonWriter json, string name, double? value)
    {
        if (value is not double number)
            return;
        if (double.IsFinite(number))
            json.WriteNumber(name, number);
        else
            json.WriteNull(name);
    }

    private static double? Number(JsonFields fields, string name) =>
        fields.Has(name) ? fields.NumberOr(name, double.NaN, NumberRange.Any) : null;
}
