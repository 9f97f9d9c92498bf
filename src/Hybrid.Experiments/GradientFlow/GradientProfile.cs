namespace Hybrid.Experiments.GradientFlow;

/// <summary>
/// g_d and g_d − g_o after every block, means over the tokens and sequences of a batch, in units of g_d at the output.
/// </summary>
/// <param name="Diagonal">[0..L].</param>
/// <param name="Difference">[0..L].</param>
internal readonly record struct GradientProfile(double[] Diagonal, double[] Difference)
{
    /// <summary>From Γ of every sequence: [layer][sequence], row-major n×n.</summary>
    public static GradientProfile Of(IReadOnlyList<double[][]> layers)
    {
        (double Diagonal, double Difference)[] means = [.. layers.Select(Means)];
        double unit = means[^1].Diagonal;
        return new([.. means.Select(mean => mean.Diagonal / unit)], [.. means.Select(mean => mean.Difference / unit)]);
    }

    private static (double Diagonal, double Difference) Means(double[][] sequences)
    {
        double diagonal = 0, all = 0;
        int n = (int)Math.Sqrt(sequences[0].Length);
        foreach (double[] gram in sequences)
        {
            for (int i = 0; i < n; i++)
                diagonal += gram[i * n + i];
            all += gram.Sum();
        }

        double gd = diagonal / (n * sequences.Length), go = (all - diagonal) / (n * (n - 1) * sequences.Length);
        return (gd, gd - go);
    }
}
