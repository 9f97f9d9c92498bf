namespace Hybrid.Torch;

/// <summary>How an ensemble runs on TorchSharp.</summary>
/// <param name="Device">Where.</param>
/// <param name="Precision">Of products with matrices.</param>
/// <param name="Source">Where weights are drawn.</param>
/// <param name="Memory">Bytes of the device that a batch of networks may take; null: 4/5 of what is
/// free on a GPU, half of the processor's.</param>
/// <param name="MostNetworks">Most networks at once, ≥ 1; null: 64 on a GPU, 4 on the processor, which gains little from more.</param>
public sealed record TorchOptions(
    TorchDevice Device,
    TorchPrecision Precision = TorchPrecision.Single,
    WeightSource Source = WeightSource.Host,
    long? Memory = null,
    int? MostNetworks = null)
{
    private const int MostOnGpu = 64, MostOnProcessor = 4;

    internal int MostAtOnce => MostNetworks ?? (Device.IsCuda ? MostOnGpu : MostOnProcessor);
}
