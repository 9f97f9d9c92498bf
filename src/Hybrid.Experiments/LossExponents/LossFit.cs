using Hybrid.Lab.Statistics;
using Hybrid.Theory;

namespace Hybrid.Experiments.LossExponents;

/// <summary>A smooth fit of the losses in some numbers that are known before training, cross-validated over places.</summary>
/// <param name="Inputs">What the loss was fitted in.</param>
/// <param name="Foretold">The loss of every place, by the fit to places of other folds.</param>
/// <param name="Explained">R² of these over the networks.</param>
internal sealed record LossFit(string Inputs, IReadOnlyList<double> Foretold, Estimate Explained)
{
    /// <summary>The claim's two numbers, the parameters that change them, and all of these.</summary>
    public const string Exponents = "Σλ_a, Σλ_g", Parameters = "a, σ_w, L", ExponentsAndParameters = $"{Exponents}, {Parameters}";

    /// <summary>The same with what of the parameters says how far the network is from the identity.</summary>
    public const string ExponentsBranchAndDepth = $"{Exponents}, a, L";

    private const int First = 0, Second = 1;

    private static readonly (string Name, int[] Blocks, Func<ExponentPlace, double[]> Of)[] Known =
    [
        ("max(|Σλ_a|, |Σλ_g|)", [First], place => [Math.Asinh(place.Distance)]),
        ("Σλ_a", [First], place => [Math.Asinh(place.Angle)]),
        ("Σλ_g", [First], place => [Math.Asinh(place.Gradient)]),
        (Exponents, [First, First], ExponentsOf),
        ("Σλ_a, Σλ_g without a mask, mean over σ_A", [First, First], place =>
            [Unmasked(place, sums => sums.Angle), Unmasked(place, sums => sums.Gradient)]),
        (ExponentsBranchAndDepth, [First, First, Second, Second], place =>
            [.. ExponentsOf(place), Math.Log(place.Branch), Math.Log(place.Depth)]),
        (ExponentsAndParameters, [First, First, Second, Second, Second], place => [.. ExponentsOf(place), .. ParametersOf(place)]),
        (Parameters, [First, First, First], ParametersOf),
    ];

    /// <summary>All of them, in the order of the table.</summary>
    public static IReadOnlyList<LossFit> All(PlacementGrid grid, CrossValidation validation) => [.. Known.Select(inputs =>
    {
        double[] foretold = validation.Foretell([.. grid.Places.Select(inputs.Of)], inputs.Blocks);
        return new LossFit(inputs.Name, foretold, validation.Explained(foretold));
    })];

    /// <summary>The fit in the claim's two numbers to all places, at every place.</summary>
    public static IReadOnlyList<double> Surface(PlacementGrid grid, IReadOnlyList<double> losses)
    {
        double[][] inputs = [.. grid.Places.Select(ExponentsOf)];
        GaussianProcess fit = GaussianProcess.Fit(inputs, losses, [First, First]);
        return [.. inputs.Select(fit.At)];
    }

    // Below one a sum of exponents is a factor of order one, beyond it what counts is its order of magnitude.
    private static double[] ExponentsOf(ExponentPlace place) => [Math.Asinh(place.Angle), Math.Asinh(place.Gradient)];

    private static double Unmasked(ExponentPlace place, Func<DepthSums, double> of) =>
        place.Networks.Average(network => Math.Asinh(of(network.UnmaskedExponents.Value)));

    private static double[] ParametersOf(ExponentPlace place) => [Math.Log(place.Branch), Math.Log(place.InStd), Math.Log(place.Depth)];
}
