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
            using PlainTraining plain = new(
                new PlainTransformer(
                    Sizes.Vocabulary, architecture.Tokens, architecture.Width, architecture.Depth, architecture.Heads),
                batch,
                work.Device.ToTorch(),
                precision == TorchPrecision.BFloat16 ? ScalarType.BFloat16 : ScalarType.Float32);
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
}
