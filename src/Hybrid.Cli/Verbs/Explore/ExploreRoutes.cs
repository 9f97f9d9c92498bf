using Hybrid.Cli.Shared;
using Microsoft.AspNetCore.Http;

namespace Hybrid.Cli.Verbs;

/// <summary>What is behind the gate: the page's files, and the questions that it asks.</summary>
internal sealed class ExploreRoutes
{
    private readonly Dictionary<string, Func<HttpContext, Task>> _questions;

    public ExploreRoutes(Session session, ExploreStart start)
    {
        ExploreMeasurement measurement = new(session, start);
        _questions = new()
        {
            ["start"] = new ExploreFirst(start).Answer,
            ["predict"] = new ExplorePrediction(session).Answer,
            ["phase"] = new ExplorePhase(session, start).Answer,
            ["measure"] = measurement.Answer,
            ["stop"] = measurement.Stop,
        };
    }

    /// <summary>Answers a request for a path behind the token.</summary>
    public Task Answer(HttpContext context, string path)
    {
        bool get = HttpMethods.IsGet(context.Request.Method);
        if (File(path) is (string name, string type))
            return get ? Send(context, name, type) : Refuse(context, "GET");
        if (!_questions.TryGetValue(path, out Func<HttpContext, Task>? question))
            return ExploreAnswers.Fail(context, StatusCodes.Status404NotFound, "there is nothing here");
        return HttpMethods.IsPost(context.Request.Method) ? question(context) : Refuse(context, "POST");
    }

    private static (string Name, string Type)? File(string path) => path switch
    {
        "" => ("index.html", "text/html; charset=utf-8"),
        "explore.css" => ("explore.css", "text/css; charset=utf-8"),
        "explore.js" or "plots.js" or "controls.js" or "state.js" => (path, "text/javascript; charset=utf-8"),
        "plotly.js" => (path, "text/javascript; charset=utf-8"),
        _ => null,
    };

    private static async Task Send(HttpContext context, string name, string type)
    {
        context.Response.ContentType = type;
        await using Stream file = Open(name);
        context.Response.ContentLength = file.Length;
        await file.CopyToAsync(context.Response.Body, context.RequestAborted);
    }

    private static Stream Open(string name) => name == "plotly.js"
        ? PlotlyScript.Open()
        : typeof(ExploreRoutes).Assembly.GetManifestResourceStream($"explore/{name}")!;

    private static Task Refuse(HttpContext context, string method)
    {
        context.Response.Headers.Allow = method;
        return ExploreAnswers.Fail(context, StatusCodes.Status405MethodNotAllowed, $"this answers to {method} alone");
    }
}
