namespace Hybrid.Harness.Statistics;

/// <summary>
/// How well a smooth function of some inputs foretells values that it was not fitted to. Values come in groups, which are
/// fitted or foretold as a whole.
/// </summary>
/// <param name="values">What is foretold.</param>
/// <param name="groups">The group of each value, from 0 without gaps.</param>
/// <param name="folds">The fold of each group.</param>
internal sealed class CrossValidation(IReadOnlyList<double> values, IReadOnlyList<int> groups, IReadOnlyList<int> folds)
{
    /// <summary>Every value as foretold by the fit to the other folds, lengths and noise chosen without it too.</summary>
    public double[] Foretell(IReadOnlyList<double[]> inputs, IReadOnlyList<int> blocks)
    {
        double[] foretold = new double[values.Count];
        foreach (int fold in folds.Distinct())
        {
            int[] known = [.. Rows(row => folds[groups[row]] != fold)];
            GaussianProcess fit = GaussianProcess.Fit([.. known.Select(row => inputs[row])], [.. known.Select(row => values[row])], blocks);
            foreach (int row in Rows(row => folds[groups[row]] == fold))
                foretold[row] = fit.At(inputs[row]);
        }

        return foretold;
    }

    /// <summary>
    /// R² = 1 − Σ (value − foretold)²/Σ (value − mean)², at most 1, below 0 where the mean would have foretold better; with
    /// its standard error over groups, for the fits as they are.
    /// </summary>
    public Estimate Explained(IReadOnlyList<double> foretold) => Jackknife.Of(folds.Count, kept => Explained(foretold, kept));

    /// <summary>By how much R² rises from one set of foretold values to another.</summary>
    public Estimate Gain(IReadOnlyList<double> from, IReadOnlyList<double> to) =>
        Jackknife.Of(folds.Count, kept => Explained(to, kept) - Explained(from, kept));

    private double Explained(IReadOnlyList<double> foretold, IReadOnlyList<int> kept)
    {
        HashSet<int> members = [.. kept];
        int[] rows = [.. Rows(row => members.Contains(groups[row]))];
        double mean = rows.Average(row => values[row]);
        return 1 - rows.Sum(row => Square(values[row] - foretold[row])) / rows.Sum(row => Square(values[row] - mean));
    }

    private IEnumerable<int> Rows(Func<int, bool> belongs) => Enumerable.Range(0, values.Count).Where(belongs);

    private static double Square(double value) => value * value;
}
