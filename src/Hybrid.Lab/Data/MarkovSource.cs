using System.Globalization;
using Hybrid.Import.Files;
using Hybrid.Import.Json;
using Hybrid.Networks.Random;
using Hybrid.Networks.Training;
using MathNet.Numerics.RootFinding;

namespace Hybrid.Lab.Data;

/// <summary>
/// Sequences of a stationary Markov chain with random transition probabilities, made as sharp as the wanted entropy rate
/// asks. Its optimal losses are exact: conditional entropies of the chain itself.
/// </summary>
public sealed class MarkovSource : ITokenSource
{
    // Sharper than this the smallest probabilities would underflow.
    private const double GreatestSharpness = 60;
    private const double EntropyAccuracy = 1e-9;

    private readonly MarkovOptions _options;
    private readonly MarkovChain _chain;

    /// <summary>Draws the transition probabilities and finds the sharpness β at which the entropy rate is the wanted one.</summary>
    /// <exception cref="InputException">The entropy is too low for this seed's chain.</exception>
    public MarkovSource(MarkovOptions options)
    {
        _options = options;
        _chain = ChainOf(options);
    }

    /// <inheritdoc/>
    public int Vocabulary => _options.Vocabulary;

    /// <inheritdoc/>
    public string Description => _options.ToString();

    /// <summary>Entropy rate of the chain as drawn, nats per token.</summary>
    public double EntropyRate => _chain.EntropyRate;

    /// <inheritdoc/>
    public FileIdentity? File => null;

    /// <inheritdoc/>
    public IReadOnlyList<ReferenceLoss> References => [new("no context (unigram entropy)", _chain.BlockEntropy(1))];

    /// <summary>
    /// Next token: (H(X_0…X_n) − H(X_0))/n, in which the first tokens have contexts shorter than k. Masked tokens: exact
    /// for order 1 (<see cref="MaskedMarkovLoss"/>), null otherwise, where a hidden token depends on more than its nearest
    /// visible neighbours.
    /// </summary>
    public double? OptimalLoss(TrainingTask task, int tokens) => task switch
    {
        TrainingTask.NextToken => (_chain.BlockEntropy(tokens + 1) - _chain.BlockEntropy(1)) / tokens,
        _ => _chain.Order == 1 ? MaskedMarkovLoss.Of(_chain, tokens) : null,
    };

    /// <inheritdoc/>
    public long Sequences(Split split, int length) => long.MaxValue;

    /// <inheritdoc/>
    public void Fill(Split split, long sequence, Span<byte> tokens)
    {
        ulong[] words = new ulong[_chain.WordsFor(tokens.Length)];
        UniformBits.Fill(words, SequenceKey.Of(_options.Seed, SequenceKey.Purpose.Tokens, split, sequence));
        _chain.Sample(tokens, words);
    }

    /// <summary>Nothing to release.</summary>
    public void Dispose()
    {
    }

    /// <summary>β = 0 is uniform, h = ln V; a large β makes every context certain of one token, h → 0.</summary>
    internal static MarkovChain ChainOf(MarkovOptions options)
    {
        MarkovChain At(double sharpness) => new(options.Vocabulary, options.Order, options.Seed, sharpness);
        double Excess(double sharpness) => At(sharpness).EntropyRate - options.Entropy;
        if (Excess(0) <= EntropyAccuracy)
            return At(0);
        for (double high = 1; high <= GreatestSharpness; high *= 2)
        {
            if (Excess(high) <= 0)
                return At(Brent.FindRoot(Excess, 0, high, EntropyAccuracy, 200));
        }

        throw new InputException(string.Create(
            CultureInfo.InvariantCulture,
            $"--data {options}: no chain of this seed has an entropy as low as {options.Entropy}; "
            + $"give a higher entropy= or another seed="));
    }
}
