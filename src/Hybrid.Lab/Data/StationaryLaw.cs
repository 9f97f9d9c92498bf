namespace Hybrid.Lab.Data;

/// <summary>The stationary distribution of a Markov chain.</summary>
internal static class StationaryLaw
{
    /// <summary>
    /// π = π P by the elimination of Grassmann, Taksar and Heyman (1985): no subtractions, hence accurate to rounding in
    /// every entry however slowly the chain mixes. S³ operations.
    /// </summary>
    /// <param name="transitions">[S, S] row-major, rows sum to 1, irreducible; overwritten.</param>
    /// <param name="states">S.</param>
    public static double[] Of(double[] transitions, int states)
    {
        // Remove states from the last on: the chain watched only while it is in the states before.
        for (int last = states - 1; last > 0; last--)
        {
            ReadOnlySpan<double> leaving = transitions.AsSpan(last * states, last);
            double sum = 0;
            foreach (double probability in leaving)
                sum += probability;
            for (int i = 0; i < last; i++)
            {
                double entering = transitions[i * states + last] /= sum;
                if (entering == 0)
                    continue;
                Span<double> row = transitions.AsSpan(i * states, last);
                for (int j = 0; j < last; j++)
                    row[j] += entering * leaving[j];
            }
        }

        double[] law = new double[states];
        law[0] = 1;
        for (int j = 1; j < states; j++)
        {
            for (int i = 0; i < j; i++)
                law[j] += law[i] * transitions[i * states + j];
        }

        double total = law.Sum();
        return [.. law.Select(weight => weight / total)];
    }
}
