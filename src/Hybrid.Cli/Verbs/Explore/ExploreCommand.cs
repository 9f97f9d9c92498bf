using System.CommandLine;
using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json.Nodes;
using Hybrid.Cli.Output;
using Hybrid.Cli.Shared;
using Hybrid.Import.HuggingFace;
using Hybrid.Import.Records;

namespace Hybrid.Cli.Verbs;

/// <summary>hybrid explore: the verdict, the layers and the phase diagram in the browser, under sliders.</summary>
internal static class ExploreCommand
{
    private const string Standard = "pre-tanh-critical";

    public static Verb Create(Session session)
    {
        Verb verb = new(
            "explore",
            "Opens a page in the browser, served on this machine alone, that answers while sliders are dragged.",
            "hybrid explore gpt2 --open",
            "hybrid explore pre-tanh-critical --set mlp.inStd=2");
        Argument<string> source = Options.Architecture();
        source.Arity = ArgumentArity.ZeroOrOne;
        source.DefaultValueFactory = _ => Standard;
        Option<bool> open = new("--open") { Description = "Also opens the page in the browser." };
        Option<int> port = Options.Integer("--port", "Port of 127.0.0.1; a free one if not given.", 0, 0, ushort.MaxValue);
        Option<int> threads = Options.Threads();
        verb.Arguments.Add(source);
        verb.Options.Add(open);
        verb.Options.Add(port);
        verb.Options.Add(threads);
        CommonOptions common = new(verb);
        ArchitectureLoading loading = new(verb, common);
        return verb.Does(parsed =>
        {
            LoadedArchitecture loaded = loading.Load(parsed, parsed.GetRequiredValue(source));
            RunHeader header = new("explore", common.Seed(parsed));
            ExploreStart start = new(loaded, header.Seed, Options.ThreadsOf(parsed, threads));
            using ExploreServer server = ExploreServer.Start(session, start, parsed.GetValue(port));
            if (common.Json(parsed))
                Json.Write(session.Terminal.Out, ToNode(server, loaded, header));
            else
                Write(session.Terminal.Out, server, loaded, header);
            session.Terminal.Out.Flush();
            if (parsed.GetValue(open))
                Open(session.Terminal, server.Address);
            session.Cancellation.WaitHandle.WaitOne();
            return ExitCode.Cancelled;
        });
    }

    private static JsonObject ToNode(ExploreServer server, LoadedArchitecture loaded, RunHeader header) => ImportNotes.AddTo(
        new JsonObject
        {
            ["run"] = header.ToNode(),
            ["architecture"] = ArchitectureJson.ToNode(loaded.Architecture),
            ["address"] = server.Address,
        },
        loaded.Import);

    private static void Write(TextWriter output, ExploreServer server, LoadedArchitecture loaded, RunHeader header)
    {
        header.Write(output);
        output.WriteLine(RunHeader.Describe(loaded.Architecture));
        ImportNotes.Write(output, loaded.Import);
        output.WriteLine();
        output.WriteLine($"open {server.Address}");
        output.WriteLine("for this machine alone, as long as this runs: Ctrl-C ends it");
    }

    /// <summary>Asks the desktop for its browser; where there is none, the address is there to be copied.</summary>
    private static void Open(Terminal terminal, string address)
    {
        try
        {
            using Process? browser = Process.Start(new ProcessStartInfo(address) { UseShellExecute = true });
        }
        catch (Exception error) when (error is Win32Exception or InvalidOperationException or PlatformNotSupportedException)
        {
            terminal.Error.WriteLine("hybrid: no browser could be opened from here; copy the address");
        }
    }
}
