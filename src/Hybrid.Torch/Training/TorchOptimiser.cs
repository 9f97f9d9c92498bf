using Hybrid.Networks.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Hybrid.Torch.Training;

/// <summary>
/// The dense engine's update as operations on tensors: decoupled decay of matrices first, θ ← θ (1 − η w), then AdamW with
/// bias correction or heavy-ball SGD, on gradients scaled down to the clip norm. libtorch's own optimisers keep their state
/// otherwise, which would make checkpoints depend on the engine.
/// </summary>
internal sealed class TorchOptimiser : IDisposable
{
    // Entries that are gone through at a time: on the processor what stays in its cache for all operations, on a GPU, whose operations
    // cost microseconds each, everything; of the norm what may be widened to double precision.
    private const long OnProcessor = 1 << 16, Widened = 1 << 22;

    private readonly OptimiserOptions options;
    private readonly ModelTensors tensors;
    private readonly long piece;
    private readonly (long Start, long Length)[] decaying;

    internal TorchOptimiser(OptimiserOptions options, ModelTensors tensors, TorchDevice device)
    {
        this.options = options;
        this.tensors = tensors;
        piece = device.IsCuda ? long.MaxValue : OnProcessor;
        decaying = [.. Decaying(tensors.All)];
        Mean = Zeros();
        Square = options.Kind == OptimiserKind.AdamW ? Zeros() : null;
    }

    /// <summary>m of every parameter, in their order: AdamW's mean gradient, or SGD's momentum.</summary>
    internal Tensor Mean { get; }

    /// <summary>v of every parameter: AdamW's mean squared gradient; null for SGD.</summary>
    internal Tensor? Square { get; }

    /// <summary>‖g‖ of the whole gradient, accumulated in double precision.</summary>
    internal double Norm()
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable untracked = no_grad();
        List<Tensor> norms = [];
        foreach ((long Start, long Length) part in Pieces(Math.Min(piece, Widened)))
        {
            using DisposeScope inner = NewDisposeScope();
            norms.Add(Part(tensors.Gradients!, part).to(ScalarType.Float64).norm().MoveToOuterDisposeScope());
        }

        return stack(norms).norm().item<double>();
    }

    /// <summary>
    /// Step number <paramref name="step"/> = 1, 2, … on gradients of norm <paramref name="norm"/> at the
    /// learning rate <paramref name="rate"/>.
    /// </summary>
    internal void Update(double norm, double rate, int step)
    {
        using IDisposable untracked = no_grad();
        double scale = norm > options.ClipNorm ? options.ClipNorm / norm : 1;
        foreach ((long Start, long Length) run in decaying)
        {
            using Tensor matrices = Part(tensors.Values, run);
            Products.Scale(matrices, 1 - rate * options.WeightDecay).Dispose();
        }

        foreach ((long Start, long Length) part in Pieces(piece))
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor value = Part(tensors.Values, part), gradient = Part(tensors.Gradients!, part), mean = Part(Mean, part);
            if (Square is not null)
                FollowAdam(value, gradient, scale, mean, Part(Square, part), rate, step);
            else
                FollowMomentum(value, gradient, scale, mean, rate);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Mean.Dispose();
        Square?.Dispose();
    }

    private void FollowMomentum(Tensor value, Tensor gradient, double scale, Tensor mean, double rate)
    {
        using Scalar part = scale, change = -rate;
        value.add_(Products.Scale(mean, options.Momentum).add_(gradient, part), change);
    }

    private void FollowAdam(Tensor value, Tensor gradient, double scale, Tensor mean, Tensor square, double rate, int step)
    {
        using Scalar newMean = (1 - options.Beta1) * scale, newSquare = (1 - options.Beta2) * scale * scale, epsilon = options.Epsilon;
        using Scalar change = -rate / (1 - Math.Pow(options.Beta1, step));
        Products.Scale(mean, options.Beta1).add_(gradient, newMean);
        Products.Scale(square, options.Beta2).addcmul_(gradient, gradient, newSquare);
        Tensor size = Products.Scale(square.sqrt(), 1 / Math.Sqrt(1 - Math.Pow(options.Beta2, step))).add_(epsilon);
        value.addcdiv_(mean, size, change);
    }

    private IEnumerable<(long Start, long Length)> Pieces(long most)
    {
        long length = tensors.Values.shape[0];
        for (long start = 0; start < length; start += Math.Min(most, length))
            yield return (start, Math.Min(most, length - start));
    }

    private static Tensor Part(Tensor all, (long Start, long Length) part) => all.narrow(0, part.Start, part.Length);

    // What decays, neighbours in one.
    private static List<(long Start, long Length)> Decaying(IEnumerable<LearntTensor> all)
    {
        List<(long Start, long Length)> runs = [];
        foreach (PlacedTensor placed in all.Select(tensor => tensor.Placed).Where(placed => placed.Decays).OrderBy(placed => placed.Offset))
        {
            if (runs.Count > 0 && runs[^1].Start + runs[^1].Length == placed.Offset)
                runs[^1] = (runs[^1].Start, runs[^1].Length + placed.Tensor.Length);
            else
                runs.Add((placed.Offset, placed.Tensor.Length));
        }

        return runs;
    }

    private Tensor Zeros() => zeros_like(tensors.Values).DetachFromDisposeScope();
}
