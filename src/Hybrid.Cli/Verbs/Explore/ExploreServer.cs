using System.Net;
using System.Security.Cryptography;
using Hybrid.Cli.Shared;
using Hybrid.Import.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Hybrid.Cli.Verbs;

/// <summary>
/// The page's server: on 127.0.0.1 alone, at a path that only who was given it knows. It reads nothing but requests, writes no file, and
/// what it holds at a time is limited: connections, sizes, seconds.
/// </summary>
internal sealed class ExploreServer : IDisposable
{
    /// <summary>Bytes that a request may have: as many as an architecture file.</summary>
    public const int LargestBody = 1 << 20;

    /// <summary>Connections at a time; a page has a handful, and what is beyond is closed.</summary>
    public const int MostConnections = 64;

    private const int TokenBytes = 16, LongestLine = 2048, LargestHeaders = 16 << 10;
    private static readonly TimeSpan SlowestHeaders = TimeSpan.FromSeconds(10), Grace = TimeSpan.FromSeconds(3);

    private readonly WebApplication _web;

    private ExploreServer(WebApplication web, string address)
    {
        _web = web;
        Address = address;
    }

    /// <summary>Where the page is, with its token.</summary>
    public string Address { get; }

    /// <summary>Starts to serve.</summary>
    /// <param name="session">Whose cancellation ends every answer.</param>
    /// <param name="start">What the page begins with.</param>
    /// <param name="port">A port, or 0 for a free one.</param>
    /// <exception cref="InputException">The port is taken.</exception>
    public static ExploreServer Start(Session session, ExploreStart start, int port = 0)
    {
        // Nothing is read from the environment or from a file, and nothing is logged.
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(options => Limit(options, port));
        builder.Services.Configure<Microsoft.Extensions.Hosting.HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(1));
        WebApplication web = builder.Build();
        string token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(TokenBytes));
        ExploreGate gate = new(token, new ExploreRoutes(session, start));
        web.Run(gate.Pass);
        try
        {
            web.StartAsync().GetAwaiter().GetResult();
        }
        catch (IOException error) when (error.InnerException is AddressInUseException)
        {
            throw new InputException($"--port {port}: is taken; give another, or none for a free one", error);
        }

        IServerAddressesFeature addresses = web.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!;
        int taken = new Uri(addresses.Addresses.Single()).Port;
        gate.Port = taken;
        return new(web, $"http://127.0.0.1:{taken}/{token}/");
    }

    public void Dispose()
    {
        _web.StopAsync().GetAwaiter().GetResult();
        _web.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    private static void Limit(KestrelServerOptions options, int port)
    {
        options.AddServerHeader = false;
        options.Limits.MaxConcurrentConnections = MostConnections;
        options.Limits.MaxRequestBodySize = LargestBody;
        options.Limits.MaxRequestLineSize = LongestLine;
        options.Limits.MaxRequestHeadersTotalSize = LargestHeaders;
        options.Limits.RequestHeadersTimeout = SlowestHeaders;
        options.Limits.MinRequestBodyDataRate = new(bytesPerSecond: 1000, gracePeriod: Grace);
        options.Listen(IPAddress.Loopback, port, listen => listen.Protocols = HttpProtocols.Http1);
    }
}
