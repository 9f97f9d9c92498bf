using System.Numerics;
using System.Text.Json;
using Hybrid.Architectures;
using Hybrid.Networks.Training;

namespace Hybrid.Networks.Tests.Training;

/// <summary>What Fixtures/make_fixtures.py stored, and its weights and tokens made again from the same integer hash.</summary>
internal sealed class TorchFixtures
{
    private const int TensorSeed = 1000, Tokens = 5, Width = 12, Heads = 3, Mlp = 20, Depth = 2, Vocabulary = 11;

    private TorchFixtures(Document document, double[] values)
    {
        int next = 0;
        Cases = [.. document.Cases.Select(item => new Case(
            item, Take(Sequences * Tokens * Vocabulary), Take(1)[0],
            [.. item.Tensors!.Select(
                tensor => new Gradient(tensor.Name, tensor.Shape, Take(tensor.Shape.Aggregate(1, (a, b) => a * b))))]))];
        Trajectories = [.. document.Trajectories.Select(item => new Trajectory(
            item.Case, item.Options, [.. Enumerable.Range(0, item.Options.Steps).Select(_ => Take(3))]))];
        if (next != values.Length)
            throw new InvalidDataException($"fixtures.bin holds {values.Length} numbers, fixtures.json describes {next}");

        double[] Take(int count) => values[next..(next += count)];
    }

    /// <summary>B.</summary>
    public const int Sequences = 3;

    public static TorchFixtures Stored { get; } = Read();

    public IReadOnlyList<Case> Cases { get; }

    public IReadOnlyList<Trajectory> Trajectories { get; }

    /// <summary>The model of a case.</summary>
    public static ModelOptions Model(Description of)
    {
        bool causal = of.Task == "next";
        Architecture architecture = ArchitectureModule.Defaults.With(
            name: of.Name,
            tokens: Tokens,
            depth: Depth,
            width: Width,
            heads: Heads,
            mlpWidth: Mlp,
            activation: Networks.Activations.Single(
                item => string.Equals(item.ToString(), of.Activation, StringComparison.OrdinalIgnoreCase)),
            gated: of.Gated,
            norm: Placement.All.Single(item => item.ToString() == of.Norm),
            wiring: WiringModule.Named.Single(item => item.Item1 == (of.Wiring ?? "sequential")).Item2,
            mask: causal ? Mask.Causal : Mask.None,
            attention: AttentionParameters.Of(Schedule.NewPerLayer(of.AttentionSkip), Schedule.NewPerLayer(of.AttentionBranch), 1, 1),
            mlp: MlpParameters.Of(Schedule.NewPerLayer(of.MlpSkip), Schedule.NewPerLayer(of.MlpBranch), 1, 0, 1),
            input: new InputParameters(of.Q0, of.Correlation));
        return new ModelOptions(
            architecture, causal ? TrainingTask.NextToken : TrainingTask.MaskedToken, Vocabulary, of.Tied, of.LogitStd);
    }

    /// <summary>Inputs and targets of a step, 0 for a case.</summary>
    public static TokenBatch Batch(ModelOptions model, int step)
    {
        TokenBatch batch = new(Sequences, Tokens);
        for (int i = 0; i < batch.Inputs.Length; i++)
        {
            int token = (int)(Mix(1 + 10 * step, i) % Vocabulary);
            bool masked = model.Task == TrainingTask.MaskedToken, hidden = i % Tokens % 3 == 0;
            batch.Inputs[i] = masked && hidden ? model.HiddenToken : token;
            batch.Targets[i] = !masked ? (int)(Mix(2 + 10 * step, i) % Vocabulary) : hidden ? token : TokenBatch.NoTarget;
        }

        return batch;
    }

    /// <summary>Gains are 1 + noise/4, biases noise/4, matrices noise/2 and embeddings noise.</summary>
    public static unsafe void SetWeights<T>(DenseModel<T> model)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        foreach ((int number, PlacedTensor place) in model.Layout.Tensors.Index())
        {
            string name = place.Tensor.Name;
            bool gain = name.Contains("gain"), embedding = name.EndsWith(".embedding");
            double scale = gain || name.Contains("bias") ? 0.25 : embedding ? 1 : 0.5;
            for (int i = 0; i < place.Tensor.Length; i++)
            {
                double noise = ((int)(Mix(TensorSeed + number, i) >> 16) - 32768) / 32768.0;
                model.Parameters.Pointer[place.Offset + i] = T.CreateChecked((gain ? 1 : 0) + scale * noise);
            }
        }
    }

    private static uint Mix(int seed, int index)
    {
        uint x = unchecked((uint)seed * 0x9E3779B1u + (uint)index * 0x85EBCA77u + 0x165667B1u);
        x ^= x >> 15;
        x = unchecked(x * 0x2C1B3C6Du);
        x ^= x >> 12;
        x = unchecked(x * 0x297A2D39u);
        return x ^ (x >> 15);
    }

    private static TorchFixtures Read()
    {
        string folder = Path.Combine(AppContext.BaseDirectory, "Training", "Fixtures");
        JsonSerializerOptions options = new() { PropertyNameCaseInsensitive = true };
        Document document = JsonSerializer.Deserialize<Document>(File.ReadAllText(Path.Combine(folder, "fixtures.json")), options)!;
        byte[] bytes = File.ReadAllBytes(Path.Combine(folder, "fixtures.bin"));
        return new TorchFixtures(document, System.Runtime.InteropServices.MemoryMarshal.Cast<byte, double>(bytes).ToArray());
    }

    internal sealed record Case(Description Description, double[] Logits, double Loss, Gradient[] Gradients);

    internal sealed record Gradient(string Name, int[] Shape, double[] Values);

    /// <param name="Description">The model.</param>
    /// <param name="Options">The optimiser.</param>
    /// <param name="Steps">Loss, gradient norm and learning rate of every step.</param>
    internal sealed record Trajectory(Description Description, Optimiser Options, double[][] Steps);

    internal sealed record Description(
        string Norm,
        string? Wiring,
        string Task,
        bool Gated,
        bool Tied,
        string Activation,
        double[] AttentionSkip,
        double[] AttentionBranch,
        double[] MlpSkip,
        double[] MlpBranch,
        double Q0,
        double Correlation,
        double LogitStd,
        Tensor[]? Tensors)
    {
        public string Name => $"{Norm} {Wiring} {Task} {Activation} gated {Gated} tied {Tied} skips {string.Join(' ', AttentionSkip)}";
    }

    internal sealed record Tensor(string Name, int[] Shape);

    internal sealed record Optimiser(
        string Kind,
        double Rate,
        double Beta1,
        double Beta2,
        double Epsilon,
        double Momentum,
        double Decay,
        string Schedule,
        int Warmup,
        double Final,
        double Clip,
        int Steps)
    {
        public OptimiserOptions Options => new(
            Kind == "adamw" ? OptimiserKind.AdamW : OptimiserKind.Sgd,
            Rate,
            Beta1,
            Beta2,
            Epsilon,
            Momentum,
            Decay,
            Schedule == "cosine" ? ScheduleKind.Cosine : ScheduleKind.Constant,
            Warmup,
            Final,
            Clip);
    }

    private sealed record Document(Description[] Cases, StoredTrajectory[] Trajectories);

    private sealed record StoredTrajectory(Description Case, Optimiser Options);
}
