using Hybrid.Networks.Linear;

namespace Hybrid.Networks.Measurements;

/// <summary>
/// q, p and u of rows that belong to sequences of n tokens, in O(R d) without any Gram matrix: with x̄ the mean token of a
/// sequence, q − p = n/(n−1) · mean ‖x_i − x̄‖²/d, summed from differences so that u keeps its digits near collapse.
/// </summary>
internal static class SequenceSums
{
    /// <summary>(q, p, q − p) averaged over the sequences. rows: [B n, d].</summary>
    internal static (double Q, double P, double Difference) Of(MatrixView<float> rows, int tokens)
    {
        int width = rows.Columns, sequences = rows.Rows / tokens;
        double[] mean = new double[width];
        double square = 0, spread = 0;
        for (int sequence = 0; sequence < sequences; sequence++)
        {
            Array.Clear(mean);
            for (int i = 0; i < tokens; i++)
            {
                Span<float> row = rows.Row(sequence * tokens + i);
                for (int k = 0; k < width; k++)
                {
                    mean[k] += row[k] / (double)tokens;
                    square += (double)row[k] * row[k];
                }
            }

            for (int i = 0; i < tokens; i++)
            {
                Span<float> row = rows.Row(sequence * tokens + i);
                for (int k = 0; k < width; k++)
                    spread += (row[k] - mean[k]) * (row[k] - mean[k]);
            }
        }

        double count = (double)rows.Rows * width, q = square / count;
        double difference = tokens == 1 ? 0 : spread / count * tokens / (tokens - 1.0);
        return (q, q - difference, difference);
    }
}
