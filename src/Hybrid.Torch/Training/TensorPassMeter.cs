using Hybrid.Architectures;
using Hybrid.Networks.Measurements;
using Hybrid.Networks.Model;
using Hybrid.Networks.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Hybrid.Torch.Training;

/// <summary>
/// What <see cref="PassMeter"/> measures, summed where the network is, in double precision: a few numbers of each block come to the host,
/// after the pass. A batch may pass in parts, each of which adds to the sums.
/// </summary>
internal sealed class TensorPassMeter(Architecture architecture) : ITensorObserver, IDisposable
{
    private readonly int depth = architecture.Depth;
    private readonly RunningSums streams = new(architecture.Depth + 1), largest = new(architecture.Depth + 1);
    private readonly RunningSums columns = new(architecture.Depth + 1), gradients = new(architecture.Depth + 1);
    private readonly RunningSums attention = new(architecture.Depth), mlp = new(architecture.Depth), entropy = new(architecture.Depth);

    // The first token of every boundary, off which variances over data are summed.
    private readonly Tensor?[] origins = new Tensor?[architecture.Depth + 1];
    private Tensor? before;
    private long rows;

    /// <inheritdoc/>
    public bool Sees(PassStages stage) => (stage & ~(PassStages.Branch | PassStages.Logits)) != 0;

    /// <inheritdoc/>
    public void Stream(int layer, Tensor x)
    {
        before = x;
        Sum(() =>
        {
            Tensor wide = Wide(x), squares = Products.Square(wide).sum(-1);
            if (layer == 0)
                rows += squares.numel();
            Tensor origin = origins[layer] ??= wide.select(0, 0).select(0, 0).clone().DetachFromDisposeScope();
            Tensor shifted = Products.Sum(wide, origin, -1);
            streams.Add(layer, stack([
                squares.sum(), Spread(wide), wide.abs().sum(), wide.var([-1L], unbiased: false).sum()]));
            largest.KeepLargest(layer, squares.max());
            columns.Add(layer, stack([shifted.sum([0, 1]), Products.Square(shifted).sum([0, 1])]));
        });
    }

    /// <inheritdoc/>
    public void Middle(int layer, Tensor x) => before = x;

    /// <inheritdoc/>
    public void Branch(int layer, ModuleKind module, Tensor f)
    {
    }

    /// <inheritdoc/>
    public void Added(int layer, ModuleKind module, Tensor f) => Sum(() =>
    {
        Tensor added = Wide(f), stream = Wide(before!);
        Tensor square = Products.Square(added).sum(-1), sizes = (square * Products.Square(stream).sum(-1)).sqrt();
        using Scalar zero = 0;
        Tensor cosines = ((stream * added).sum(-1) / sizes).masked_fill(sizes.eq(zero), zero);
        (module == ModuleKind.Attention ? attention : mlp).Add(layer - 1, stack([square.sum(), cosines.sum()]));
    });

    /// <inheritdoc/>
    public void Probabilities(int layer, Tensor a) => Sum(() => entropy.Add(layer - 1, special.entr(Wide(a)).sum()));

    /// <inheritdoc/>
    public void Logits(Tensor logits)
    {
    }

    /// <inheritdoc/>
    public void Gradient(int layer, Tensor g) => Sum(() =>
    {
        Tensor wide = Wide(g);
        gradients.Add(layer, stack([Products.Square(wide).sum(), Spread(wide)]));
    });

    /// <summary>What the pass showed, all of its parts together.</summary>
    internal PassMeasurement Measurement()
    {
        double width = architecture.Width, entries = rows * width;
        double[][] sums = streams.Read(), norms = largest.Read(), data = columns.Read();
        return new(
            [.. Enumerable.Range(0, depth + 1).Select(Boundary)],
            gradients.Any ? [.. gradients.Read().Select(sum => (sum[0] / entries, architecture.Tokens == 1 ? 0 : Means(sum).P))] : [],
            Branches(attention),
            Branches(mlp),
            [.. entropy.Read().Select(sum => sum[0] / (rows * architecture.Heads))]);

        StreamMeasures Boundary(int layer)
        {
            (double q, double p, double difference) = Means(sums[layer]);
            int d = architecture.Width;
            double variance = Enumerable.Range(0, d)
                .Average(k => data[layer][d + k] / rows - data[layer][k] / rows * (data[layer][k] / rows));
            return new(
                q, p, q > 0 ? difference / q : 0, sums[layer][2] / entries, sums[layer][3] / rows, variance, Math.Sqrt(norms[layer][0]));
        }

        (double Q, double P, double Difference) Means(double[] sum)
        {
            double q = sum[0] / entries, n = architecture.Tokens;
            double difference = n == 1 ? 0 : sum[1] / entries * n / (n - 1);
            return (q, q - difference, difference);
        }

        BranchMeasures[] Branches(RunningSums branches) =>
            [.. branches.Read().Select(sum => new BranchMeasures(sum[0] / entries, sum[1] / rows))];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (RunningSums sums in (RunningSums[])[streams, largest, columns, gradients, attention, mlp, entropy])
            sums.Dispose();
        foreach (Tensor? origin in origins)
            origin?.Dispose();
    }

    private static void Sum(Action add)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable untracked = no_grad();
        add();
    }

    private static Tensor Wide(Tensor x) => x.detach().to(ScalarType.Float64);

    // Σ ‖x_i − x̄‖² over the sequences, x̄ the mean token of each. x: [B, n, d].
    private static Tensor Spread(Tensor x) => Products.Square(Products.Sum(x, x.mean([1], keepdim: true), -1)).sum();
}
