using System.Text.Json;
using System.Text.Json.Nodes;
using Hybrid.Architectures;
using Hybrid.Cli.Output;
using Hybrid.Cli.Shared;
using Hybrid.Import.Json;
using Hybrid.Lab.Phases;
using Microsoft.AspNetCore.Http;

namespace Hybrid.Cli.Verbs;

/// <summary>The phase diagram of a record over two of its fields, as hybrid phase has it.</summary>
/// <param name="session">Whose cancellation ends it too.</param>
/// <param name="start">How many threads it has.</param>
internal sealed class ExplorePhase(Session session, ExploreStart start)
{
    private const int MostValues = 101;

    private readonly SemaphoreSlim _turn = new(2);

    /// <summary>Answers with one document.</summary>
    public async Task Answer(HttpContext context)
    {
        using JsonDocument request = await ExploreAnswers.Read(context);
        JsonElement root = request.RootElement;
        Architecture architecture = ExploreAnswers.Architecture(root);
        TheoryWork.EnsureFits(architecture);
        PhaseAxis x = Axis(root, "x"), y = Axis(root, "y");
        using CancellationTokenSource stop =
            CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, session.Cancellation);
        await _turn.WaitAsync(stop.Token);
        JsonObject document;
        try
        {
            PhaseGrid grid = await Task.Run(
                () => PhaseGrid.Compute(architecture, x, y, start.Threads, null, stop.Token), stop.Token);
            document = PhaseJson.ToNode(grid, null, new RunHeader("explore", 0));
        }
        finally
        {
            _turn.Release();
        }

        document.Remove("run");
        ExploreAnswers.Begin(context);
        await ExploreAnswers.Send(context, document);
    }

    private static PhaseAxis Axis(JsonElement request, string name)
    {
        PhaseAxis axis = PhaseAxis.Parse(ExploreAnswers.Text(request, name), $"--{name}");
        return axis.Count <= MostValues
            ? axis
            : throw new InputException($"--{name}: the page draws at most {MostValues} values, got {axis.Count}");
    }
}
