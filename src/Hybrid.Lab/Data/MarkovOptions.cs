using System.Globalization;
using Hybrid.Import.Json;

namespace Hybrid.Lab.Data;

/// <summary>A Markov source as the user writes it: markov:vocabulary=16,order=2,entropy=1.2,seed=7.</summary>
/// <param name="Vocabulary">V, from 2 to 256.</param>
/// <param name="Order">k ≥ 1; V^k ≤ <see cref="LargestContexts"/>.</param>
/// <param name="Entropy">Entropy rate, nats per token, in (0, ln V].</param>
/// <param name="Seed">Names the transition probabilities and the sequences.</param>
public sealed record MarkovOptions(int Vocabulary, int Order, double Entropy, ulong Seed)
{
    /// <summary>The name before the colon.</summary>
    public const string Name = "markov";

    /// <summary>Most contexts V^k: the stationary law takes their number cubed in operations.</summary>
    public const int LargestContexts = 512;

    /// <summary>Reads the parameters; absent ones are V = 32, k = 1, entropy ln(V)/2 and the seed of the run.</summary>
    /// <exception cref="InputException">A parameter is unknown or out of its range.</exception>
    internal static MarkovOptions Parse(SourceParameters parameters, ulong seed)
    {
        int vocabulary = parameters.Integer("vocabulary", 32, 2, 256);
        int order = parameters.Integer("order", 1, 1, 9);
        if (Math.Pow(vocabulary, order) > LargestContexts)
            throw parameters.Wrong($"vocabulary^order must be at most {LargestContexts}, got {vocabulary}^{order}");
        double greatest = Math.Log(vocabulary);
        double entropy = parameters.Number("entropy", greatest / 2);
        if (!(entropy > 0 && entropy <= greatest))
        {
            throw parameters.Wrong(string.Create(
                CultureInfo.InvariantCulture,
                $"entropy must be in (0, ln {vocabulary} = {greatest:0.####}] nats per token, got {entropy}"));
        }

        ulong own = parameters.Seed(seed);
        parameters.EnsureNoOther();
        return new(vocabulary, order, entropy, own);
    }

    /// <summary>The text that <see cref="Parse"/> reads back.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Name}:vocabulary={Vocabulary},order={Order},entropy={Entropy:R},seed={Seed}");
}
