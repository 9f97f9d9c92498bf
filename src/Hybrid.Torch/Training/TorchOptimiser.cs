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
    private readonly OptimiserOptions options;
    private readonly IReadOnlyList<LearntTensor> parameters;

    internal TorchOptimiser(OptimiserOptions options, IReadOnlyList<LearntTensor> parameters)
    {
        this.options = options;
        this.parameters = parameters;
        Mean = [.. parameters.Select(Zeros)];
        Square = options.Kind == OptimiserKind.AdamW ? [.. parameters.Select(Zeros)] : [];
    }

    /// <summary>m of every parameter: AdamW's mean gradient, or SGD's momentum.</summary>
    internal IReadOnlyList<Tensor> Mean { get; }

    /// <summary>v of every parameter: AdamW's mean squared gradient; empty for SGD.</summary>
    internal IReadOnlyList<Tensor> Square { get; }

    /// <summary>The gradient of the last pass; zeros of what no pass reaches: experts of a layer that has none.</summary>
    internal static Tensor Gradient(Tensor value) => value.grad ?? zeros_like(value, requires_grad: false);

    /// <summary>‖g‖ of the whole gradient, accumulated in double precision.</summary>
    internal double Norm()
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable untracked = no_grad();
        List<Tensor> squares = [];
        foreach (LearntTensor parameter in parameters)
        {
            using DisposeScope inner = NewDisposeScope();
            Tensor wide = Gradient(parameter.Value).to(ScalarType.Float64);
            squares.Add((wide * wide).sum().MoveToOuterDisposeScope());
        }

        return Math.Sqrt(stack(squares).sum().item<double>());
    }

    /// <summary>
    /// Step number <paramref name="step"/> = 1, 2, … on gradients of norm <paramref name="norm"/> at the
    /// learning rate <paramref name="rate"/>.
    /// </summary>
    internal void Update(double norm, double rate, int step)
    {
        using IDisposable untracked = no_grad();
        double scale = norm > options.ClipNorm ? options.ClipNorm / norm : 1;
        for (int index = 0; index < parameters.Count; index++)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor value = parameters[index].Value;
            Tensor gradient = Products.Scaled(Gradient(value), scale);
            if (parameters[index].Decays)
                Products.Scale(value, 1 - rate * options.WeightDecay);
            if (options.Kind == OptimiserKind.AdamW)
                FollowAdam(value, gradient, Mean[index], Square[index], rate, step);
            else
                FollowMomentum(value, gradient, Mean[index], rate);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Tensor tensor in Mean.Concat(Square))
            tensor.Dispose();
    }

    private void FollowMomentum(Tensor value, Tensor gradient, Tensor mean, double rate)
    {
        using Scalar one = 1, change = -rate;
        value.add_(Products.Scale(mean, options.Momentum).add_(gradient, one), change);
    }

    private void FollowAdam(Tensor value, Tensor gradient, Tensor mean, Tensor square, double rate, int step)
    {
        using Scalar newMean = 1 - options.Beta1, newSquare = 1 - options.Beta2, epsilon = options.Epsilon;
        using Scalar change = -rate / (1 - Math.Pow(options.Beta1, step));
        Products.Scale(mean, options.Beta1).add_(gradient, newMean);
        Products.Scale(square, options.Beta2).addcmul_(gradient, gradient, newSquare);
        Tensor size = Products.Scale(square.sqrt(), 1 / Math.Sqrt(1 - Math.Pow(options.Beta2, step))).add_(epsilon);
        value.addcdiv_(mean, size, change);
    }

    private static Tensor Zeros(LearntTensor parameter) => zeros_like(parameter.Value, requires_grad: false).DetachFromDisposeScope();
}
