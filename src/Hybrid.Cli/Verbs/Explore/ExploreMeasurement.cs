using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Hybrid.Architectures;
using Hybrid.Cli.Output;
using Hybrid.Cli.Shared;
using Hybrid.Lab.Engines;
using Hybrid.Lab.Statistics;
using Microsoft.AspNetCore.Http;

namespace Hybrid.Cli.Verbs;

/// <summary>
/// Random networks of a record, drawn and measured as hybrid simulate does, one measurement at a time. Stopped, it measures the networks
/// that are finished; left, it ends.
/// </summary>
/// <param name="session">The engines, and whose cancellation ends it too.</param>
/// <param name="start">Its seed and threads.</param>
internal sealed class ExploreMeasurement(Session session, ExploreStart start)
{
    private const int MostNetworks = 1024;

    private readonly SemaphoreSlim _turn = new(1);
    private readonly Lock _gate = new();
    private CancellationTokenSource? _running;

    /// <summary>Answers with the networks done so far, then with the measurement.</summary>
    public async Task Answer(HttpContext context)
    {
        using JsonDocument request = await ExploreAnswers.Read(context);
        Architecture architecture = ExploreAnswers.Architecture(request.RootElement);
        int networks = ExploreAnswers.Whole(request.RootElement, "networks", 2, MostNetworks);
        EngineEntry engine = session.Engines.Find(session.Engines.DefaultFor(architecture));
        EnsembleRun run = new(engine, start.Threads, start.Seed);
        run.EnginesFor(architecture, networks);
        using CancellationTokenSource stop =
            CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, session.Cancellation);
        lock (_gate)
        {
            // A new question is what its asker waits for.
            _running?.Cancel();
            _running = stop;
        }

        try
        {
            await _turn.WaitAsync(context.RequestAborted);
            try
            {
                ExploreAnswers.Begin(context);
                await Measure(context, run, architecture, networks, stop.Token);
            }
            finally
            {
                _turn.Release();
            }
        }
        finally
        {
            lock (_gate)
            {
                if (_running == stop)
                    _running = null;
            }
        }
    }

    /// <summary>Stops the measurement that runs, if one does.</summary>
    public Task Stop(HttpContext context)
    {
        lock (_gate)
            _running?.Cancel();
        ExploreAnswers.Begin(context);
        return ExploreAnswers.Send(context, new JsonObject());
    }

    private static async Task Measure(
        HttpContext context, EnsembleRun run, Architecture architecture, int networks, CancellationToken cancellation)
    {
        Channel<int> progress = Channel.CreateUnbounded<int>();
        int done = 0;
        long begin = Stopwatch.GetTimestamp();
        Task<Measurement> work = Task.Run(() =>
        {
            try
            {
                return run.Measure(
                    architecture, 0, networks, () => progress.Writer.TryWrite(Interlocked.Increment(ref done)), cancellation);
            }
            finally
            {
                progress.Writer.Complete();
            }
        });
        await ExploreAnswers.Send(context, Progress(0));
        try
        {
            await foreach (int finished in progress.Reader.ReadAllAsync(context.RequestAborted))
                await ExploreAnswers.Send(context, Progress(finished));
            Measurement measurement = await work;
            double seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
            RunHeader header = new("explore", run.Seed, run.Engine.Name, measurement.Samples, run.Threads, run.Engine.Device);
            await ExploreAnswers.Send(context, MeasurementJson.ToNode(measurement, header, seconds));
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            await ExploreAnswers.Send(context, ExploreAnswers.Error("stopped before a network was finished"));
        }
        finally
        {
            // The turn ends with the last network, whoever waits.
            await work.ContinueWith(_ => { }, TaskScheduler.Default);
        }

        JsonObject Progress(int finished) => new() { ["done"] = finished, ["networks"] = networks };
    }
}
