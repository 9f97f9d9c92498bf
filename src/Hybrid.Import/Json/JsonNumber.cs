using System.Text.Json.Nodes;

namespace Hybrid.Import.Json;

/// <summary>Numbers in written JSON.</summary>
public static class JsonNumber
{
    /// <summary>The number; null where it is not finite, since JSON has no infinities.</summary>
    public static JsonNode? OrNull(double value) => double.IsFinite(value) ? JsonValue.Create(value) : null;
}
