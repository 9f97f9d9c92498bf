using Hybrid.Networks.Random;

namespace Hybrid.Lab.Data;

/// <summary>
/// A stationary Markov chain of order k over V tokens: P(x | context) ∝ exp(β g), with one standard normal g for every
/// context of k tokens and every next token. A context is a number in base V, its oldest token first.
/// </summary>
internal sealed class MarkovChain
{
    private readonly double[] _initialCumulative, _nextCumulative;

    /// <summary>Draws the chain and finds its stationary law. V^k ≤ <see cref="MarkovOptions.LargestContexts"/>.</summary>
    public MarkovChain(int vocabulary, int order, ulong seed, double sharpness)
    {
        Vocabulary = vocabulary;
        Order = order;
        Contexts = (int)Math.Pow(vocabulary, order);
        Transitions = Softmax(sharpness, seed);
        Stationary = StationaryLaw.Of(ContextTransitions(), Contexts);
        EntropyRate = Entropy.Conditional(Stationary, Transitions, vocabulary);
        _initialCumulative = Cumulative(Stationary, Contexts);
        _nextCumulative = Cumulative(Transitions, vocabulary);
    }

    public int Vocabulary { get; }

    public int Order { get; }

    /// <summary>V^k.</summary>
    public int Contexts { get; }

    /// <summary>P(next token | context): [V^k, V] row-major.</summary>
    public double[] Transitions { get; }

    /// <summary>Probability of every context.</summary>
    public double[] Stationary { get; }

    /// <summary>h = H(X_t | the k tokens before), nats.</summary>
    public double EntropyRate { get; }

    /// <summary>Entropy of <paramref name="length"/> tokens in a row, length ≥ 1, nats; exact for lengths below k too.</summary>
    public double BlockEntropy(int length) => length >= Order
        ? Entropy.Of(Stationary) + (length - Order) * EntropyRate
        : Entropy.Of(PrefixLaw(length));

    /// <summary>Fills a sequence: its first k tokens from the stationary law of contexts, the others each from its context.</summary>
    /// <param name="tokens">The sequence.</param>
    /// <param name="words">Uniform random words, one for the start and one for each token after it.</param>
    public void Sample(Span<byte> tokens, ReadOnlySpan<ulong> words)
    {
        int context = Choose(_initialCumulative, UniformBits.ToUnit(words[0]));
        int start = Math.Min(Order, tokens.Length);
        for (int i = 0, rest = context; i < Order; i++, rest /= Vocabulary)
        {
            if (Order - 1 - i < start)
                tokens[Order - 1 - i] = (byte)(rest % Vocabulary);
        }

        int kept = Contexts / Vocabulary;
        for (int t = start; t < tokens.Length; t++)
        {
            ReadOnlySpan<double> row = _nextCumulative.AsSpan(context * Vocabulary, Vocabulary);
            int next = Choose(row, UniformBits.ToUnit(words[1 + t - start]));
            tokens[t] = (byte)next;
            context = context % kept * Vocabulary + next;
        }
    }

    /// <summary>The number of random words that a sequence takes.</summary>
    public int WordsFor(int tokens) => 1 + Math.Max(0, tokens - Order);

    private double[] Softmax(double sharpness, ulong seed)
    {
        double[] rows = new double[Contexts * Vocabulary];
        Gaussian.Fill(rows, SequenceKey.Of(seed, SequenceKey.Purpose.Law, Split.Train, 0), 0, sharpness);
        for (int c = 0; c < Contexts; c++)
        {
            Span<double> row = rows.AsSpan(c * Vocabulary, Vocabulary);
            double greatest = double.NegativeInfinity, sum = 0;
            foreach (double logit in row)
                greatest = Math.Max(greatest, logit);
            foreach (ref double entry in row)
                sum += entry = Math.Exp(entry - greatest);
            foreach (ref double entry in row)
                entry /= sum;
        }

        return rows;
    }

    /// <summary>The chain of contexts as a full matrix: a token leads from context c to (c mod V^(k−1)) V + token.</summary>
    private double[] ContextTransitions()
    {
        double[] full = new double[Contexts * Contexts];
        for (int c = 0; c < Contexts; c++)
        {
            int first = c % (Contexts / Vocabulary) * Vocabulary;
            Transitions.AsSpan(c * Vocabulary, Vocabulary).CopyTo(full.AsSpan(c * Contexts + first));
        }

        return full;
    }

    /// <summary>Law of the first tokens of a context, which by stationarity is that of any tokens in a row.</summary>
    private double[] PrefixLaw(int length)
    {
        int suffixes = (int)Math.Pow(Vocabulary, Order - length);
        return [.. Stationary.Chunk(suffixes).Select(chunk => chunk.Sum())];
    }

    private static double[] Cumulative(double[] rows, int columns)
    {
        double[] cumulative = new double[rows.Length];
        for (int i = 0; i < rows.Length; i++)
            cumulative[i] = rows[i] + (i % columns == 0 ? 0 : cumulative[i - 1]);
        return cumulative;
    }

    /// <summary>The first entry whose cumulative probability exceeds u; the last one where rounding leaves none.</summary>
    private static int Choose(ReadOnlySpan<double> cumulative, double u)
    {
        int low = 0, high = cumulative.Length - 1;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (cumulative[middle] > u)
                high = middle;
            else
                low = middle + 1;
        }

        return low;
    }
}
