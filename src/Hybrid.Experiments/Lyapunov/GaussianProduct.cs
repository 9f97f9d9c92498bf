using System.Globalization;
using Hybrid.Architectures;
using Hybrid.Experiments.Cells;
using Hybrid.Experiments.Hypotheses;
using Hybrid.Experiments.Measurement;
using MathNet.Numerics;

namespace Hybrid.Experiments.Lyapunov;

/// <summary>
/// Linear networks without skips and attention: products of square Gaussian matrices, whose whole spectrum is known at any
/// width. The part of a Gaussian image off k − 1 directions is χ-distributed with d − k + 1 degrees of freedom, so a block
/// of two matrices of entry variance 1/d has λ_k = ln(2/d) + ψ((d − k + 1)/2) (Newman 1986).
/// </summary>
internal sealed class GaussianProduct
{
    private const int Width = 16, Depth = 8;
    private const string Subject = "linear network of width 16";

    public GaussianProduct(LyapunovSize size)
    {
        Architecture architecture = ArchitectureModule.Defaults.With(
            name: Subject,
            tokens: 1,
            depth: Depth,
            width: Width,
            heads: 1,
            mlpWidth: Width,
            activation: Activation.Linear,
            gated: false,
            norm: Placement.None,
            mask: Mask.None,
            attention: AttentionParameters.Of(1, 0, 1, 1),
            mlp: MlpParameters.Of(0, 1, 1, 0, 1),
            input: new InputParameters(1, 0));
        Numbers = [.. Enumerable.Range(1, Width).Select(k =>
            new RegisteredNumber(Subject, Name(k), Math.Log(2.0 / Width) + SpecialFunctions.DiGamma((Width - k + 1) / 2.0)))];
        Cell = new(
            string.Create(CultureInfo.InvariantCulture, $"{Subject}, {size.Products} networks"),
            2.0 * size.Products * Depth * Width * Width,
            attempt => Measure(architecture, attempt, size.Products));
    }

    /// <summary>The known spectrum, the largest exponent first.</summary>
    public IReadOnlyList<RegisteredNumber> Numbers { get; }

    public Cell Cell { get; }

    private static string Name(int k) => $"λ, number {k}";

    private static CellValues Measure(Architecture architecture, CellAttempt attempt, int samples) =>
        CellValues.Of(NetworkEnsemble.Spectra(architecture, attempt, samples, Width).Select(
            blocks => Enumerable.Range(1, Width).Select(k => KeyValuePair.Create(Name(k), blocks.Average(block => block[k - 1])))));
}
