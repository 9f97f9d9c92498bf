using System.Text.Json.Nodes;
using Hybrid.Architectures;
using Hybrid.Cli.Output;
using Hybrid.Drawing;
using Hybrid.Theory;

namespace Hybrid.Cli.Verbs;

/// <summary>What bounds the stream's norm through all layers, for any weights and normalisation gain 1: derivation section 10.</summary>
/// <param name="Magnitude">‖x_ℓ‖/√d for layers 0..depth; null where only the weights bound it.</param>
/// <param name="Variance">Its square, which bounds the variance of a coordinate; null there too.</param>
/// <param name="Statement">The bound in words.</param>
internal sealed record NormBounds(double[]? Magnitude, double[]? Variance, string Statement)
{
    private const double Gain = 1;

    public static NormBounds Of(Architecture architecture)
    {
        Placement norm = architecture.Norm;
        if (!norm.OnBranch && !norm.OnSum)
            return new(null, null, "norms are bounded only through the weights: training can grow them without limit");
        double[] magnitude;
        try
        {
            magnitude = Bounds.Magnitude(architecture, Gain);
        }
        catch (InvalidArchitectureException error)
        {
            // Of what the bounds do not know, everything else is predicted all the same.
            ValidationError lacking = error.Errors[0];
            return new(null, null, $"none is stated: {lacking.Field} is {lacking.Received}, which the theory of bounds lacks");
        }

        string statement = norm.OnSum
            ? $"‖x‖/√d = {Numbers.Significant(Gain)} after every layer for any weights, with normalisation gain 1"
            : $"‖x‖/√d ≤ {Numbers.Significant(magnitude[^1])} after layer {architecture.Depth} for any weights, with normalisation gain 1; "
                + $"at initialisation q = {Numbers.Significant(Bounds.SquaredNormAtInitialisation(architecture, Gain)[^1])} exactly: "
                + $"{Growth(architecture)}";
        return new(magnitude, Bounds.Variance(architecture, Gain), statement);
    }

    /// <summary>Whether x' = r x + a N(…) blows up: each sublayer multiplies q by r² and adds a².</summary>
    private static string Growth(Architecture architecture)
    {
        double largest = architecture.Attention.Skip.Values.Concat(architecture.Mlp.Skip.Values).Max();
        return largest > 1
            ? $"a skip weight of {Numbers.Significant(largest)} > 1 multiplies it in every sublayer, which blows up with depth"
            : "every sublayer adds at most a² to it, so it grows linearly with depth and does not blow up";
    }

    public JsonObject ToNode() => new()
    {
        ["magnitude"] = Magnitude is null ? null : Json.Numbers(Magnitude),
        ["variance"] = Variance is null ? null : Json.Numbers(Variance),
        ["statement"] = Statement,
    };
}
