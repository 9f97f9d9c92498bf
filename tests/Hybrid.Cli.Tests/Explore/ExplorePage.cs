using Hybrid.Cli.Shared;
using Hybrid.Cli.Verbs;
using Hybrid.Import;
using Hybrid.Import.HuggingFace;

namespace Hybrid.Cli.Tests.Explore;

/// <summary>A server of the page in this process.</summary>
internal sealed class ExplorePage : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly ExploreServer _server;

    public ExplorePage(string source = "pre-tanh-critical")
    {
        LoadedArchitecture loaded = ArchitectureSource.Read(source);
        Session session = new(Terminal.Plain(TextWriter.Null, TextWriter.Null), BuiltEngines.Catalogue, _stop.Token);
        _server = ExploreServer.Start(session, new ExploreStart(loaded, 1, Environment.ProcessorCount));
    }

    /// <summary>Its address, with the token and a slash at the end.</summary>
    public Uri Address => new(_server.Address);

    public void Dispose()
    {
        _stop.Cancel();
        _server.Dispose();
        _stop.Dispose();
    }
}
