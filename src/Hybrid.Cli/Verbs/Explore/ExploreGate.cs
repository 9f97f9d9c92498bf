using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Hybrid.Architectures;
using Hybrid.Import.Json;
using Hybrid.Lab.Engines;
using Hybrid.Theory;
using Microsoft.AspNetCore.Http;

namespace Hybrid.Cli.Verbs;

/// <summary>
/// What every request passes: it must name this machine, so that no other site's name can lead here; come from this page, if a page
/// says where it comes from; and know the token. Every answer forbids the page to ask anybody else.
/// </summary>
/// <param name="token">The first part of every path.</param>
/// <param name="routes">What is behind the gate.</param>
internal sealed class ExploreGate(string token, ExploreRoutes routes)
{
    // plotly.js writes style elements, and draws what it exports from blobs.
    private const string Policy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; "
        + "img-src 'self' data: blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private readonly byte[] _token = Encoding.ASCII.GetBytes(token);

    /// <summary>The port that the server listens to, which requests name.</summary>
    public int Port { get; set; }

    /// <summary>Answers a request, or refuses it.</summary>
    public async Task Pass(HttpContext context)
    {
        AddHeaders(context.Response.Headers);
        try
        {
            if (Refusal(context.Request) is (int status, string reason))
                await ExploreAnswers.Fail(context, status, reason);
            else
                await routes.Answer(context, context.Request.Path.Value![(token.Length + 2)..]);
        }
        catch (OperationCanceledException)
        {
            // Nobody waits for it.
            context.Abort();
        }
        catch (Exception error)
        {
            (int status, string message) = Meaning(error);
            string[] fields = error is InvalidArchitectureException invalid ? [.. invalid.Errors.Select(one => one.Field)] : [];
            if (context.Response.HasStarted)
                await ExploreAnswers.Send(context, ExploreAnswers.Error(message, fields));
            else
                await ExploreAnswers.Fail(context, status, message, fields);
        }
    }

    /// <summary>Status and reason, or null for a request that may pass.</summary>
    private (int Status, string Reason)? Refusal(HttpRequest request)
    {
        string port = Port.ToString(CultureInfo.InvariantCulture);
        string[] hosts = [$"127.0.0.1:{port}", $"localhost:{port}"];
        if (!hosts.Contains(request.Host.Value, StringComparer.OrdinalIgnoreCase))
            return (StatusCodes.Status421MisdirectedRequest, "this server answers to 127.0.0.1 alone");
        if (request.Headers.Origin is [string origin] && !hosts.Any(host => origin == $"http://{host}"))
            return (StatusCodes.Status403Forbidden, "this server answers to its own page alone");
        if (!Knows(request.Path.Value ?? ""))
            return (StatusCodes.Status404NotFound, "the address that hybrid explore printed has a token, which this one lacks");
        return null;
    }

    /// <summary>Whether the path begins with the token; how long that takes does not depend on how much of it is right.</summary>
    private bool Knows(string path)
    {
        string first = path.Split('/', 3) is ["", string part, _] ? part : "";
        return CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(first), _token);
    }

    private static (int Status, string Message) Meaning(Exception error) => error switch
    {
        InputException or InvalidArchitectureException or TheoryException => (StatusCodes.Status400BadRequest, error.Message),
        EngineMissingException => (StatusCodes.Status503ServiceUnavailable, error.Message),
        OutOfMemoryException => (StatusCodes.Status400BadRequest, "the architecture does not fit into memory"),
        BadHttpRequestException bad => (bad.StatusCode, bad.Message),
        AggregateException many => Meaning(many.Flatten().InnerExceptions[0]),
        _ => (StatusCodes.Status500InternalServerError, $"internal error, please report it: {error.GetType().Name}: {error.Message}"),
    };

    private static void AddHeaders(IHeaderDictionary headers)
    {
        headers.ContentSecurityPolicy = Policy;
        headers.CacheControl = "no-store";
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
    }
}
