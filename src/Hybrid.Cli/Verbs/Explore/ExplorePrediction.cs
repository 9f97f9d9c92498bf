using System.Text.Json;
using System.Text.Json.Nodes;
using Hybrid.Architectures;
using Hybrid.Cli.Output;
using Hybrid.Cli.Shared;
using Hybrid.Theory;
using Microsoft.AspNetCore.Http;

namespace Hybrid.Cli.Verbs;

/// <summary>
/// The prediction of a record, in the numbers and words of hybrid predict: at once where it is closed, else a coarse one first, named so,
/// and the exact one when it is there. It ends as soon as the page has another question.
/// </summary>
/// <param name="session">Whose cancellation ends it too.</param>
internal sealed class ExplorePrediction(Session session)
{
    /// <summary>How long a drag may pause before exact work begins.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(120);

    // Exact work has all cores; a second one beside it is of the other architecture.
    private readonly SemaphoreSlim _exact = new(2);

    /// <summary>Answers with one or two documents.</summary>
    public async Task Answer(HttpContext context)
    {
        using JsonDocument request = await ExploreAnswers.Read(context);
        Architecture architecture = ExploreAnswers.Architecture(request.RootElement);
        TheoryWork.EnsureFits(architecture);
        using CancellationTokenSource stop =
            CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, session.Cancellation);
        ExploreAnswers.Begin(context);
        CoarsePrediction? coarse = await Task.Run(() => Predict.Coarse(stop.Token, architecture), stop.Token);
        if (coarse is not null)
        {
            await ExploreAnswers.Send(context, Document(coarse.Prediction, Made(coarse)));
            await Task.Delay(Pause, stop.Token);
        }

        await _exact.WaitAsync(stop.Token);
        try
        {
            Prediction exact = await Task.Run(() => Predict.Until(stop.Token, architecture), stop.Token);
            await ExploreAnswers.Send(context, Document(exact, null));
        }
        finally
        {
            _exact.Release();
        }
    }

    /// <summary>What a coarse answer is made of.</summary>
    private static string Made(CoarsePrediction coarse)
    {
        Architecture architecture = coarse.Prediction.Architecture;
        if (coarse.Draws == 0)
            return "coarse: without what few heads shift";
        string heads = coarse.Heads < architecture.Heads ? $" with {coarse.Heads} of {architecture.Heads} heads" : "";
        string tokens = coarse.Tokens < architecture.Tokens ? $" and {coarse.Tokens} of {architecture.Tokens} tokens" : "";
        return $"coarse: {coarse.Draws} draws{heads}{tokens}";
    }

    private static JsonObject Document(Prediction prediction, string? coarse)
    {
        Architecture architecture = prediction.Architecture;
        JsonObject document = PredictionJson.ToNode(
            new PredictionOutput(prediction, prediction.Caveats, [], false, false, null), new RunHeader("explore", 0));
        foreach (string unseen in (string[])["run", "modules", "weightSteps", "weightGradients"])
            document.Remove(unseen);
        document["coarse"] = coarse;
        document["sentence"] = VerdictText.Sentence(architecture, prediction.Trainability);
        document["distance"] = VerdictText.Distance(prediction.Trainability);
        document["evidence"] = coarse is null ? VerdictText.Evidence(architecture, prediction.Trainability) : null;
        document["controls"] = new JsonObject(
            Fields.All.Select(field => KeyValuePair.Create(field.Path, (JsonNode?)ExploreControl.Of(field, architecture))));
        return document;
    }
}
