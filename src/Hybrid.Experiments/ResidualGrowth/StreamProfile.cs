using System.Globalization;
using Hybrid.Architectures;
using Hybrid.Experiments.Measurement;
using Hybrid.Networks.Measurements;
using Hybrid.Networks.Training;

namespace Hybrid.Experiments.ResidualGrowth;

/// <summary>The residual stream of one network at one moment of its training, by block boundary 0..L and block 1..L.</summary>
/// <param name="value">A measured number by its name, as <see cref="Numbers"/> names it.</param>
internal sealed class StreamProfile(Func<string, double> value)
{
    /// <summary>q at a boundary, mean squared norm of a token per coordinate; ‖x‖/√d is its root.</summary>
    public double Q(int layer) => value(SquaredNorm(layer));

    /// <summary>q of both branches of a block together, as they are added to the stream (a = 1).</summary>
    public double Branches(int block) => value(Name("attention", block)) + value(Name("mlp", block));

    /// <summary>Cosine of branch and stream, mean over tokens and the block's two branches.</summary>
    public double Correlation(int block) => 0.5 * (value(Name("attention cosine", block)) + value(Name("mlp cosine", block)));

    /// <summary>Post: root mean square of the gain behind a block, what √q is where gain and stream are unrelated.</summary>
    public double Gain(int block) => value(Name("gain", block));

    /// <summary>Post: the largest ‖x‖ over γ_max √d behind a block; at most 1 for any weights (10.1).</summary>
    public double Filled(int block) => value(Name("filled", block));

    /// <summary>The name of q at a boundary.</summary>
    public static string SquaredNorm(int layer) => Name("q", layer);

    /// <summary>All of them, of a network as it stands; those of the gains for post only.</summary>
    public static IEnumerable<KeyValuePair<string, double>> Numbers(IMeasuredTrainer trainer, TokenBatch batch)
    {
        Architecture architecture = trainer.Options.Model.Architecture;
        PassMeasurement pass = trainer.MeasurePass(batch, backward: false).Pass;
        for (int layer = 0; layer <= architecture.Depth; layer++)
        {
            yield return new(SquaredNorm(layer), pass.Streams[layer].Q);
            if (layer == 0)
                continue;
            BranchMeasures attention = pass.Attention[layer - 1], mlp = pass.Mlp[layer - 1];
            yield return new(Name("attention", layer), attention.Q);
            yield return new(Name("mlp", layer), mlp.Q);
            yield return new(Name("attention cosine", layer), attention.Correlation);
            yield return new(Name("mlp cosine", layer), mlp.Correlation);
            if (architecture.Norm != Placement.Post)
                continue;
            (double mean, double largest) = Gains(trainer.Values($"blocks.{layer}.mlp.gain.out"));
            yield return new(Name("gain", layer), mean);
            yield return new(Name("filled", layer), pass.Streams[layer].LargestNorm / (largest * Math.Sqrt(architecture.Width)));
        }
    }

    /// <summary>Root mean square and largest size of a gain.</summary>
    private static (double Mean, double Largest) Gains(float[] gain)
    {
        double square = 0, largest = 0;
        foreach (float g in gain)
        {
            square += (double)g * g;
            largest = Math.Max(largest, Math.Abs(g));
        }

        return (Math.Sqrt(square / gain.Length), largest);
    }

    private static string Name(string quantity, int layer) => string.Create(CultureInfo.InvariantCulture, $"{quantity} {layer}");
}
