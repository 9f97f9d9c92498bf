using System.Text.Json;
using Hybrid.Networks.Training;

namespace Hybrid.Import.Tests.Checkpoints;

/// <summary>A checkpoint that Fixtures/make_checkpoints.py wrote, and what PyTorch made of it in double precision.</summary>
internal sealed record Fixture(
    int[][] Ids, double[][] Norms, double[]? Logits, double? Loss, double[]? StreamGradients, Dictionary<string, double>? Gradients)
{
    /// <summary>Of a network that sees images: the pixels of every patch.</summary>
    public float[][] Pixels { get; init; } = [];

    private static readonly JsonSerializerOptions Options = new() { PropertyNameCaseInsensitive = true };

    /// <summary>The folder of a family.</summary>
    public static string Folder(string family) => Path.Combine(AppContext.BaseDirectory, "Checkpoints", "Fixtures", family);

    public static Fixture Read(string family) =>
        JsonSerializer.Deserialize<Fixture>(File.ReadAllText(Path.Combine(Folder(family), "expected.json")), Options)!;

    /// <summary>Its sequences, each token to be predicted from those before it, or of an encoder from all.</summary>
    public TokenBatch Batch(ModelOptions model)
    {
        int tokens = Ids[0].Length;
        TokenBatch batch = new(Ids.Length, tokens);
        for (int i = 0; i < batch.Inputs.Length; i++)
        {
            (int sequence, int place) = (i / tokens, i % tokens);
            batch.Inputs[i] = Ids[sequence][place];
            batch.Targets[i] = Logits is null ? TokenBatch.NoTarget
                : model.Task == TrainingTask.MaskedToken ? Ids[sequence][place]
                : place + 1 < tokens ? Ids[sequence][place + 1]
                : TokenBatch.NoTarget;
        }

        return batch;
    }
}
