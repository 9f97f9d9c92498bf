using System.Text.Json.Nodes;
using Hybrid.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Hybrid.Gpu;

/// <summary>
/// How fast libtorch multiplies matrices on a device: one square product, and products of 32 rows with a matrix of their own, many at
/// once, as random networks take them. Everything else is measured against these.
/// </summary>
internal static class ProductRates
{
    private const int Tokens = 32;
    private const double Least = 0.3;

    /// <summary>TFLOP/s by precision and shape.</summary>
    public static JsonNode Report(string device, int size)
    {
        DeviceWork work = new(device);
        JsonArray rows = [];
        int[] widths = work.Device.IsCuda ? [256, 1024, 4096] : [64];
        foreach (TorchPrecision precision in DeviceWork.Precisions(work.Device.IsCuda))
        {
            Products.Configure(precision);
            JsonObject row = new() { ["precision"] = precision.ToString(), [$"{size} × {size} × {size}"] = Square(work, precision, size) };
            foreach (int width in widths)
            {
                int many = Math.Min(64, (1 << 30) / (width * width));
                row[$"{many} × {Tokens} × {width} × {width}"] = Rate(work, precision, [many, Tokens, width], [many, width, width]);
            }

            rows.Add((JsonNode)row);
        }

        return new JsonObject { ["device"] = work.Device.ToString(), ["TFLOP/s"] = rows };
    }

    /// <summary>TFLOP/s of the square product.</summary>
    public static double Square(DeviceWork work, TorchPrecision precision, int size) =>
        Rate(work, precision, [size, size], [size, size]);

    private static double Rate(DeviceWork work, TorchPrecision precision, long[] left, long[] right)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable untracked = no_grad();
        Tensor x = Products.Rounded(randn(left).to(work.Device.ToTorch()), precision);
        Tensor y = Products.Rounded(randn(right).to(work.Device.ToTorch()), precision);
        double seconds = work.Seconds(() => (left.Length == 2 ? x.mm(y) : x.bmm(y)).Dispose(), Least);
        return 2.0 * left.Aggregate(1.0, (all, side) => all * side) * right[^1] / seconds / 1e12;
    }
}
