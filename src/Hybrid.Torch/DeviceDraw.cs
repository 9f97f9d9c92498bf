using static TorchSharp.torch;

namespace Hybrid.Torch;

/// <summary>Draws all weights of a network by libtorch where they are, in one operation.</summary>
internal sealed class DeviceDraw(TorchDevice device) : IDisposable
{
    private readonly Generator generator = new(0, device.ToTorch());

    /// <summary>Overwrites a contiguous tensor by N(0, 1) of network <paramref name="sample"/> of a seed.</summary>
    internal void Fill(Tensor destination, ulong seed, int sample)
    {
        generator.manual_seed(SeedOf(seed, sample));
        destination.normal_(0, 1, generator);
    }

    /// <inheritdoc/>
    public void Dispose() => generator.Dispose();

    // One seed of libtorch's generator for each network, by SplitMix64's finalizer of the seed and again with the number.
    private static long SeedOf(ulong seed, int sample) => (long)Mixed(Mixed(seed) + (uint)sample);

    private static ulong Mixed(ulong state)
    {
        state += 0x9E3779B97F4A7C15;
        state = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9;
        state = (state ^ (state >> 27)) * 0x94D049BB133111EB;
        return state ^ (state >> 31);
    }
}
