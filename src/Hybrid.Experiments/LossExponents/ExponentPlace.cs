using System.Globalization;

namespace Hybrid.Experiments.LossExponents;

/// <summary>One point of the plane of exponents: networks that differ in σ_A alone.</summary>
/// <param name="networks">One for each σ_A.</param>
internal sealed class ExponentPlace(IReadOnlyList<TrainedNetwork> networks)
{
    public IReadOnlyList<TrainedNetwork> Networks => networks;

    /// <summary>a of both sublayers.</summary>
    public double Branch => networks[0].Branch;

    /// <summary>σ_w.</summary>
    public double InStd => networks[0].InStd;

    /// <summary>L.</summary>
    public int Depth => networks[0].Depth;

    /// <summary>The row of the tables.</summary>
    public string Subject => string.Create(CultureInfo.InvariantCulture, $"a = {Branch}, σ_w = {InStd}, L = {Depth}");

    /// <summary>Σλ_a over the layers.</summary>
    public double Angle => networks[0].Exponents.Angle;

    /// <summary>Σλ_g over the layers.</summary>
    public double Gradient => networks[0].Exponents.Gradient;

    /// <summary>max(|Σλ_a|, |Σλ_g|): how far from the joint zero, and from trainable, the theory puts it.</summary>
    public double Distance => Math.Max(Math.Abs(Angle), Math.Abs(Gradient));
}
