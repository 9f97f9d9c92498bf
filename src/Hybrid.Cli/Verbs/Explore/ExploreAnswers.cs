using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Unicode;
using Hybrid.Architectures;
using Hybrid.Import.Json;
using Hybrid.Import.Records;
using Microsoft.AspNetCore.Http;

namespace Hybrid.Cli.Verbs;

/// <summary>Requests and answers of the page: JSON documents, several in a row each on a line of its own.</summary>
internal static class ExploreAnswers
{
    // What names the request in messages, as a file's name does on the command line.
    private const string Source = "the page's request";

    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.Create(UnicodeRanges.All) };

    /// <summary>The document that was sent.</summary>
    /// <exception cref="InputException">It is no JSON object.</exception>
    public static async Task<JsonDocument> Read(HttpContext context)
    {
        using MemoryStream body = new();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        try
        {
            JsonDocument document = JsonDocument.Parse(body.ToArray());
            if (document.RootElement.ValueKind == JsonValueKind.Object)
                return document;
            document.Dispose();
        }
        catch (JsonException error)
        {
            throw new InputException($"{Source}: must be a JSON object, and is no JSON", error);
        }

        throw new InputException($"{Source}: must be a JSON object");
    }

    /// <summary>The record "architecture" with every change of the list "set" applied as --set does.</summary>
    /// <exception cref="InputException">One of them is missing, or of another form.</exception>
    /// <exception cref="InvalidArchitectureException">A field is out of its range.</exception>
    public static Architecture Architecture(JsonElement request)
    {
        if (!request.TryGetProperty("architecture", out JsonElement record))
            throw new InputException($"{Source}: must have an architecture");
        Architecture architecture = ArchitectureJson.Parse(record.GetRawText(), Source);
        if (!request.TryGetProperty("set", out JsonElement changes))
            return architecture;
        if (changes.ValueKind != JsonValueKind.Array || changes.EnumerateArray().Any(one => one.ValueKind != JsonValueKind.String))
            throw new InputException($"{Source}: set must be a list of path=value");
        return ArchitectureOverrides.Apply(architecture, changes.EnumerateArray().Select(one => one.GetString()!));
    }

    /// <summary>A text of the request.</summary>
    /// <exception cref="InputException">There is none of that name.</exception>
    public static string Text(JsonElement request, string name) =>
        request.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()!
            : throw new InputException($"{Source}: must have the text {name}");

    /// <summary>A whole number of the request.</summary>
    /// <exception cref="InputException">There is none of that name in the range.</exception>
    public static int Whole(JsonElement request, string name, int least, int greatest) =>
        request.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number
            && value.TryGetInt32(out int number) && number >= least && number <= greatest
            ? number
            : throw new InputException($"{Source}: {name} must be an integer from {least} to {greatest}");

    /// <summary>Begins an answer of documents.</summary>
    public static void Begin(HttpContext context) => context.Response.ContentType = "application/x-ndjson; charset=utf-8";

    /// <summary>Sends one document, at once.</summary>
    public static async Task Send(HttpContext context, JsonNode document)
    {
        byte[] line = Encoding.UTF8.GetBytes(document.ToJsonString(Plain) + "\n");
        await context.Response.Body.WriteAsync(line, context.RequestAborted);
        await context.Response.Body.FlushAsync(context.RequestAborted);
    }

    /// <summary>Answers with an error, naming the fields that it is about.</summary>
    public static Task Fail(HttpContext context, int status, string message, params string[] fields)
    {
        context.Response.StatusCode = status;
        Begin(context);
        return Send(context, Error(message, fields));
    }

    /// <summary>An error as a document.</summary>
    public static JsonObject Error(string message, params string[] fields) => new()
    {
        ["error"] = message,
        ["fields"] = new JsonArray([.. fields.Select(field => (JsonNode)field)]),
    };
}
