using Hybrid.Harness.Statistics;

namespace Hybrid.Harness.Experiments.LossExponents;

/// <summary>A smooth fit of the losses in some numbers that are known before training, cross-validated over places.</summary>
/// <param name="Inputs">What the loss was fitted in.</param>
/// <param name="Foretold">The loss of every network, by the fit to places of other folds.</param>
/// <param name="Explained">R² of these.</param>
internal sealed record LossFit(string Inputs, IReadOnlyList<double> Foretold, Estimate Explained)
{
    /// <summary>The claim's two numbers, the parameters of the grid, and all of them.</summary>
    public const string Exponents = "Σλ_a, Σλ_g", Parameters = "a, σ_w, σ_A, L", ExponentsAndAll = $"{Exponents}, {Parameters}";

    private const int First = 0, Second = 1;

    private static readonly (string Name, int[] Blocks, Func<TrainedNetwork, double[]> Of)[] Known =
    [
        ("max(|Σλ_a|, |Σλ_g|)", [First], network => [Math.Max(Math.Abs(Angle(network)), Math.Abs(Gradient(network)))]),
        ("Σλ_a", [First], network => [Angle(network)]),
        ("Σλ_g", [First], network => [Gradient(network)]),
        (Exponents, [First, First], ExponentsOf),
        ("Σλ_a, Σλ_g of the same network without a mask", [First, First], network =>
            [Math.Asinh(network.UnmaskedExponents.Value.Angle), Math.Asinh(network.UnmaskedExponents.Value.Gradient)]),
        ("Σλ_a, Σλ_g, a, L", [First, First, Second, Second], network => [.. ExponentsOf(network), Math.Log(network.Branch), Math.Log(network.Depth)]),
        (ExponentsAndAll, [First, First, Second, Second, Second, Second], network => [.. ExponentsOf(network), .. ParametersOf(network)]),
        (Parameters, [First, First, First, First], ParametersOf),
    ];

    /// <summary>All of them, in the order of the table.</summary>
    public static IReadOnlyList<LossFit> All(PlacementGrid grid, CrossValidation validation) => [.. Known.Select(inputs =>
    {
        double[] foretold = validation.Foretell([.. grid.Networks.Select(inputs.Of)], inputs.Blocks);
        return new LossFit(inputs.Name, foretold, validation.Explained(foretold));
    })];

    /// <summary>The fit in the claim's two numbers to all networks, at every place.</summary>
    public static IReadOnlyList<double> Surface(PlacementGrid grid, IReadOnlyList<double> losses)
    {
        GaussianProcess fit = GaussianProcess.Fit([.. grid.Networks.Select(ExponentsOf)], losses, [First, First]);
        return [.. grid.Places.Select(place => fit.At(ExponentsOf(place.Networks[0])))];
    }

    // Below one a sum of exponents is a factor of order one, beyond it what counts is its order of magnitude.
    private static double Angle(TrainedNetwork network) => Math.Asinh(network.Exponents.Angle);

    private static double Gradient(TrainedNetwork network) => Math.Asinh(network.Exponents.Gradient);

    private static double[] ExponentsOf(TrainedNetwork network) => [Angle(network), Gradient(network)];

    private static double[] ParametersOf(TrainedNetwork network) =>
        [Math.Log(network.Branch), Math.Log(network.InStd), Math.Log(network.LogitStd), Math.Log(network.Depth)];
}
