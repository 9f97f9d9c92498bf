using MathNet.Numerics.LinearAlgebra;

namespace Hybrid.Lab.Data;

/// <summary>
/// The optimal loss of the masked task on a chain of order 1. A hidden token depends on its nearest visible neighbours
/// alone, at distances a and b; with h_a = H(X_a | X_0) and Markov's property
/// H(X_i | X_{i−a}, X_{i+b}) = h_a + h_b − h_{a+b}, where an absent neighbour is one at infinite distance, h_∞ = H(X).
/// The mean over uniformly drawn hidden sets of fixed size is a sum over (position, a, b).
/// </summary>
internal static class MaskedMarkovLoss
{
    /// <summary>Nats per hidden token of sequences of n = <paramref name="tokens"/>.</summary>
    public static double Of(MarkovChain chain, int tokens)
    {
        int hidden = HiddenPositions.CountFor(tokens);
        double[] given = DistantEntropies(chain, hidden + 1);
        double alone = chain.BlockEntropy(1);
        double sum = 0;
        for (int position = 0; position < tokens; position++)
        {
            int left = position, right = tokens - 1 - position;
            // a = left + 1 and b = right + 1 stand for an absent neighbour.
            for (int a = 1; a <= Math.Min(left + 1, hidden); a++)
            {
                for (int b = 1; b <= right + 1 && a + b - 1 <= hidden; b++)
                {
                    bool hasLeft = a <= left, hasRight = b <= right;
                    int others = a + b - 2, visible = (hasLeft ? 1 : 0) + (hasRight ? 1 : 0);
                    double entropy = hasLeft && hasRight ? given[a] + given[b] - given[a + b]
                        : hasLeft ? given[a]
                        : hasRight ? given[b]
                        : alone;
                    sum += Probability(tokens - 1, hidden - 1, others, visible) * entropy;
                }
            }
        }

        return sum / tokens;
    }

    /// <summary>h_a for a = 0..farthest.</summary>
    private static double[] DistantEntropies(MarkovChain chain, int farthest)
    {
        int states = chain.Vocabulary;
        Matrix<double> step = Matrix<double>.Build.DenseOfRowMajor(states, states, chain.Transitions);
        Matrix<double> power = Matrix<double>.Build.DenseIdentity(states);
        double[] entropies = new double[farthest + 1];
        for (int a = 1; a <= farthest; a++)
        {
            power *= step;
            entropies[a] = Entropy.Conditional(chain.Stationary, power.ToRowMajorArray(), states);
        }

        return entropies;
    }

    /// <summary>
    /// Of a uniformly drawn set of <paramref name="drawn"/> among <paramref name="all"/>: the probability that
    /// <paramref name="inside"/> given elements are in it and <paramref name="outside"/> given ones are not.
    /// </summary>
    private static double Probability(int all, int drawn, int inside, int outside)
    {
        double probability = 1;
        for (int i = 0; i < inside; i++)
            probability *= (double)(drawn - i) / (all - i);
        for (int i = 0; i < outside; i++)
            probability *= (double)(all - drawn - i) / (all - inside - i);
        return probability;
    }
}
