using System.Globalization;
using TorchSharp;

namespace Hybrid.Torch;

/// <summary>A device that tensors live on: the processor, or an NVIDIA GPU by number.</summary>
/// <param name="IsCuda">Whether it is a GPU.</param>
/// <param name="Index">Its number, ≥ 0; 0 for the processor.</param>
public readonly record struct TorchDevice(bool IsCuda, int Index)
{
    private const string CudaName = "cuda";

    /// <summary>The processor.</summary>
    public static readonly TorchDevice Cpu = new(false, 0);

    /// <summary>Reads "cpu", "cuda" (the first GPU) or "cuda:1".</summary>
    /// <exception cref="FormatException">It is none of these.</exception>
    public static TorchDevice Parse(string text)
    {
        if (text == "cpu")
            return Cpu;
        if (text == CudaName)
            return new(true, 0);
        string prefix = CudaName + ":";
        if (text.StartsWith(prefix, StringComparison.Ordinal)
            && int.TryParse(text.AsSpan(prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int index))
        {
            return new(true, index);
        }

        throw new FormatException($"a device must be cpu, cuda or cuda:N, got '{text}'");
    }

    /// <inheritdoc/>
    public override string ToString() => IsCuda ? string.Create(CultureInfo.InvariantCulture, $"{CudaName}:{Index}") : "cpu";

    internal torch.Device ToTorch() => IsCuda ? new(DeviceType.CUDA, Index) : torch.CPU;
}
