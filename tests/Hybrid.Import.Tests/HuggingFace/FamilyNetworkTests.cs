using Hybrid.Architectures;
using Hybrid.Theory;
using Xunit;

namespace Hybrid.Import.Tests.HuggingFace;

/// <summary>The record that is imported predicts networks that are built from the family's description, not from the record.</summary>
public class FamilyNetworkTests
{
    private const int Networks = 24;

    [Theory]
    [InlineData("gpt2")]
    [InlineData("llama")]
    [InlineData("gemma")]
    [InlineData("gemma2")]
    [InlineData("gemma3_text")]
    [InlineData("bert")]
    [InlineData("bloom")]
    [InlineData("gpt_neox")]
    [InlineData("qwen3")]
    [InlineData("olmo2")]
    [InlineData("mixtral")]
    [InlineData("deepseek_v3")]
    public void Norms_and_overlaps_of_a_family_are_those_of_its_import(string modelType)
    {
        FamilyShape wide = new(modelType, 192), narrow = new(modelType, 48);
        Layer[] atWidth = Deviations(wide), atQuarter = Deviations(narrow);
        for (int layer = 0; layer < atWidth.Length; layer++)
        {
            Compare($"{modelType} layer {layer} q", atWidth[layer].Q, atQuarter[layer].Q, atWidth[layer].Norm);
            Compare($"{modelType} layer {layer} p", atWidth[layer].P, atQuarter[layer].P, atWidth[layer].Norm);
        }
    }

    /// <summary>
    /// Measurements at width d deviate by c/d, which those at d/4 show: the deviation at infinite width is (4δ(d) − δ(d/4))/3.
    /// It is to vanish within four of its standard errors and 1 % of the norm for the next order.
    /// </summary>
    private static void Compare(string what, Estimate wide, Estimate narrow, double norm)
    {
        double limit = (4 * wide.Mean - narrow.Mean) / 3;
        double tolerance = (4 * Math.Sqrt(Math.Pow(4 * wide.Error, 2) + Math.Pow(narrow.Error, 2)) / 3) + (0.01 * norm);
        Assert.True(Math.Abs(limit) <= tolerance, $"{what}: deviates by {limit}, tolerance {tolerance}");
        // a tolerance that lets everything pass tests nothing
        Assert.True(tolerance < 0.2 * norm, $"{what}: tolerance {tolerance} of norm {norm}");
    }

    /// <summary>Measured minus predicted, with the standard error of both.</summary>
    private static Layer[] Deviations(FamilyShape shape)
    {
        LayerPrediction[] predicted = Predict.Architecture(ImportTests.Parse(shape.Config).Architecture).Layers;
        (double Q, double P)[][] runs =
            [.. Enumerable.Range(1, Networks).AsParallel().AsOrdered().Select(seed => new FamilyNetwork(shape, seed).Run())];
        return [.. predicted.Select((layer, index) => new Layer(
            Deviation([.. runs.Select(run => run[index].Q)], layer.Q, layer.Uncertainty.Q),
            Deviation([.. runs.Select(run => run[index].P)], layer.P, layer.Uncertainty.P),
            layer.Q))];
    }

    private static Estimate Deviation(double[] values, double predicted, double uncertainty)
    {
        double mean = values.Average();
        double variance = values.Sum(value => (value - mean) * (value - mean)) / (values.Length - 1) / values.Length;
        return new(mean - predicted, Math.Sqrt(variance + (uncertainty * uncertainty)));
    }

    private sealed record Layer(Estimate Q, Estimate P, double Norm);

    private sealed record Estimate(double Mean, double Error);
}
