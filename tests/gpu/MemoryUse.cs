using System.Text.Json.Nodes;
using Hybrid.Architectures;
using Hybrid.Networks.Engines;
using Hybrid.Torch;

namespace Hybrid.Gpu;

/// <summary>Bytes that batches of random networks are planned with, and bytes that they took.</summary>
internal static class MemoryUse
{
    private const int Networks = 16;

    public static JsonNode Report(string device, string size)
    {
        DeviceWork work = new(device);
        JsonArray rows = [];
        foreach (Architecture architecture in Sizes.Random(size))
        {
            foreach (TorchPrecision precision in (TorchPrecision[])[TorchPrecision.BFloat16, TorchPrecision.Single])
            {
                NetworkSample[] samples =
                    [.. Enumerable.Range(0, Networks).Select(_ => new NetworkSample(architecture.Tokens, architecture.Depth))];
                TorchOptions options = new(work.Device, precision, WeightSource.Device, MostNetworks: Networks);
                using TorchEngine engine = new(architecture, options);
                long used = work.BytesUsed(() => engine.Run(1, 0, samples));
                Int128 planned = engine.BatchSize * TorchEngine.Bytes(architecture, precision);
                rows.Add((JsonNode)new JsonObject
                {
                    ["width"] = architecture.Width,
                    ["precision"] = precision.ToString(),
                    ["batch"] = engine.BatchSize,
                    ["plannedMiB"] = (long)(planned >> 20),
                    ["usedMiB"] = used >> 20,
                });
            }
        }

        // On a GPU what an earlier row left is used again: rows go from small to large.
        return new JsonObject { ["device"] = work.Device.ToString(), ["ensembles"] = rows };
    }
}
