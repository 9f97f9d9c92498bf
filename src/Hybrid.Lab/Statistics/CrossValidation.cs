namespace Hybrid.Lab.Statistics;

/// <summary>
/// How well a smooth function of some inputs foretells values that it was not fitted to. The values of a group have equal
/// inputs, are fitted as their mean and foretold together.
/// </summary>
/// <param name="groups">The values of each group, ≥ 1.</param>
/// <param name="folds">The fold of each group, two different ones at least.</param>
internal sealed class CrossValidation(IReadOnlyList<IReadOnlyList<double>> groups, IReadOnlyList<int> folds)
{
    /// <summary>Every group as foretold by the fit to the other folds, its lengths and noise chosen without it too.</summary>
    /// <param name="inputs">One row for each group.</param>
    /// <param name="blocks">As of <see cref="GaussianProcess"/>.</param>
    public double[] Foretell(IReadOnlyList<double[]> inputs, IReadOnlyList<int> blocks)
    {
        double[] foretold = new double[groups.Count];
        foreach (IGrouping<int, int> fold in Enumerable.Range(0, groups.Count).GroupBy(group => folds[group]))
        {
            int[] known = [.. Enumerable.Range(0, groups.Count).Where(group => folds[group] != fold.Key)];
            GaussianProcess fit = GaussianProcess.Fit(
                [.. known.Select(group => inputs[group])], [.. known.Select(group => groups[group].Average())], blocks);
            foreach (int group in fold)
                foretold[group] = fit.At(inputs[group]);
        }

        return foretold;
    }

    /// <summary>
    /// R² = 1 − Σ (value − foretold)²/Σ (value − mean)² over all values, at most 1, below 0 where their mean would have
    /// foretold better; with its standard error over groups, for the fits as they are.
    /// </summary>
    public Estimate Explained(IReadOnlyList<double> foretold) => Jackknife.Of(groups.Count, kept => Explained(foretold, kept));

    /// <summary>By how much R² rises from one set of foretold values to another.</summary>
    public Estimate Gain(IReadOnlyList<double> from, IReadOnlyList<double> to) =>
        Jackknife.Of(groups.Count, kept => Explained(to, kept) - Explained(from, kept));

    private double Explained(IReadOnlyList<double> foretold, IReadOnlyList<int> kept)
    {
        double mean = kept.SelectMany(group => groups[group]).Average();
        double missed = kept.Sum(group => groups[group].Sum(value => Square(value - foretold[group])));
        return 1 - missed / kept.Sum(group => groups[group].Sum(value => Square(value - mean)));
    }

    private static double Square(double value) => value * value;
}
