using Hybrid.Architectures;

namespace Hybrid.Networks.Engines;

/// <summary>
/// Draws random transformers of one architecture and runs each forwards and backwards. An engine object owns its
/// buffers, so it serves one caller at a time; a sample depends on (architecture, seed, sample) alone, never on threads
/// or on what was drawn before.
/// </summary>
public interface INetworkEngine : IDisposable
{
    /// <summary>conditioned, dense or torch.</summary>
    string Name { get; }

    /// <summary>The architecture that the buffers were planned for.</summary>
    Architecture Architecture { get; }

    /// <summary>Networks that the engine runs at once, ≥ 1; it may fall during a run whose batches exceed the memory.</summary>
    int BatchSize => 1;

    /// <summary>
    /// Draws network number <paramref name="sample"/> of the ensemble <paramref name="seed"/>, feeds it tokens whose Gram
    /// matrix is exactly the architecture's input, and back-propagates a loss gradient whose Gram matrix at the output is
    /// exactly the identity; writes every layer's Gram matrices into <paramref name="result"/>.
    /// </summary>
    void Run(ulong seed, int sample, NetworkSample result);

    /// <summary>Runs networks number first, first + 1, …, one for each of <paramref name="results"/>, of any number.</summary>
    void Run(ulong seed, int first, ReadOnlySpan<NetworkSample> results)
    {
        for (int index = 0; index < results.Length; index++)
            Run(seed, first + index, results[index]);
    }
}
