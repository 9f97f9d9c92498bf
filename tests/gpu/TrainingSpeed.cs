using System.Text.Json.Nodes;
using Hybrid.Architectures;
using Hybrid.Benchmarks.Reference;
using Hybrid.Networks.Training;
using Hybrid.Torch;
using Hybrid.Torch.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Hybrid.Gpu;

/// <summary>
/// Training steps of the engine and of a plain TorchSharp model: tokens a second, the share of the rate of one large product, memory
/// planned and taken. In bfloat16 the plain model is in bfloat16 throughout, which the engine's parameters and stream are not.
/// </summary>
internal static class TrainingSpeed
{
    public static JsonNode Report(string device, string size)
    {
        DeviceWork work = new(device);
        double least = size == "small" ? 0.2 : 4;
        JsonArray rows = [];
        foreach (TorchPrecision precision in DeviceWork.Precisions(work.Device.IsCuda))
        {
            Products.Configure(precision);
            double rate = ProductRates.Square(work, precision, size == "small" ? 256 : 8192);
            foreach ((Architecture architecture, int sequences) in Sizes.Trained(size))
                rows.Add((JsonNode)Row(work, architecture, sequences, precision, rate, least));
        }

        return new JsonObject { ["device"] = work.Device.ToString(), ["steps"] = rows };
    }

    private static JsonObject Row(
        DeviceWork work, Architecture architecture, int sequences, TorchPrecision precision, double rate, double least)
    {
        TrainingOptions options = Sizes.Options(architecture, sequences);
        TokenBatch batch = Sizes.Batch(architecture, sequences);
        double tokens = (double)sequences * architecture.Tokens;
        JsonObject row = new()
        {
            ["width"] = architecture.Width,
            ["depth"] = architecture.Depth,
            ["tokens"] = architecture.Tokens,
            ["sequences"] = sequences,
            ["precision"] = precision.ToString(),
        };
        try
        {
            double seconds = 0;
            long used = work.BytesUsed(() =>
            {
                using TorchTrainer trainer = new(options, work.Device, precision);
                seconds = work.Seconds(() => trainer.Step(batch), least);
                row["sequencesAtOnce"] = trainer.SequencesAtOnce;
            });
            row["tokensPerSecond"] = Math.Round(tokens / seconds);
            row["TFLOP/s"] = Operations(architecture) * tokens / seconds / 1e12;
            row["ofOneProduct"] = Operations(architecture) * tokens / seconds / 1e12 / rate;
            row["plannedMiB"] = (long)(TorchTrainer.Bytes(options) >> 20);
            row["usedMiB"] = used >> 20;
            using PlainTraining plain = new(work.Device, architecture, batch, precision);
            row["plainTokensPerSecond"] = Math.Round(tokens / work.Seconds(plain.Step, least));
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            row["failed"] = error.Message.Split('\n')[0];
        }

        return row;
    }

    // Of one token: products forwards and twice that backwards; attention without regard to the mask.
    private static double Operations(Architecture architecture)
    {
        double d = architecture.Width;
        return 6.0 * (architecture.Depth * (12 * d * d + 2 * architecture.Tokens * d) + d * Sizes.Vocabulary);
    }

    private sealed class PlainTraining : IDisposable
    {
        private readonly PlainTransformer model;
        private readonly optim.Optimizer optimiser;
        private readonly Tensor inputs, targets;

        internal PlainTraining(TorchDevice device, Architecture architecture, TokenBatch batch, TorchPrecision precision)
        {
            model = new PlainTransformer(
                Sizes.Vocabulary, architecture.Tokens, architecture.Width, architecture.Depth, architecture.Heads);
            model.to(device.ToTorch());
            if (precision == TorchPrecision.BFloat16)
                model.to(ScalarType.BFloat16);
            optimiser = optim.AdamW(model.parameters(), lr: 3e-4, weight_decay: 0.1);
            inputs = tensor(batch.Inputs, ScalarType.Int64).reshape(batch.Sequences, batch.Tokens).to(device.ToTorch());
            targets = tensor(batch.Targets, ScalarType.Int64).to(device.ToTorch());
        }

        internal void Step()
        {
            using DisposeScope scope = NewDisposeScope();
            optimiser.zero_grad();
            Tensor loss = nn.functional.cross_entropy(model.forward(inputs).to(ScalarType.Float32), targets);
            loss.backward();
            nn.utils.clip_grad_norm_(model.parameters(), 1);
            optimiser.step();
            _ = loss.item<float>();
        }

        public void Dispose()
        {
            optimiser.Dispose();
            model.Dispose();
            inputs.Dispose();
            targets.Dispose();
        }
    }
}
