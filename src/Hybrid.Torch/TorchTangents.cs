using TorchSharp;
using static TorchSharp.torch;

namespace Hybrid.Torch;

/// <summary>
/// Tangents of independent trajectories through a block, by autograd, in double precision between blocks. Backwards a tangent's image is
/// the adjoint w ↦ Jᵀ w of the block; forwards it is the adjoint of that linear map, J v = ∂(v·Jᵀ w)/∂w, whatever w is: both are exact, no
/// difference is taken.
/// </summary>
internal static class TorchTangents
{
    /// <summary>J v of every tangent. x → y: [S, n, d], with a graph; tangents, images: [S, K, n, d].</summary>
    internal static Tensor Forwards(Tensor x, Tensor y, Tensor tangents)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor w = zeros_like(y, requires_grad: true);
        Tensor adjoint = autograd.grad([y], [x], [w], create_graph: true)[0];
        return Images(adjoint, w, tangents).MoveToOuterDisposeScope();
    }

    /// <summary>Jᵀ v of every tangent.</summary>
    internal static Tensor Backwards(Tensor x, Tensor y, Tensor tangents) => Images(y, x, tangents);

    /// <summary>
    /// Orthonormal tangents with the same leading spans, and how much each grew off those before it: logarithms [S, K], −∞ of a
    /// dependent one, which becomes 0. tangents: [S, K, n, d].
    /// </summary>
    internal static (Tensor Tangents, Tensor Logarithms) Orthonormalised(Tensor tangents)
    {
        using DisposeScope scope = NewDisposeScope();
        (Tensor q, Tensor r) = linalg.qr(tangents.flatten(2).transpose(1, 2));
        Tensor growth = r.diagonal(0, 1, 2).abs();
        using Scalar zero = 0;
        Tensor frame = q.masked_fill(growth.eq(zero).unsqueeze(1), zero).transpose(1, 2).reshape(tangents.shape);
        return (frame.MoveToOuterDisposeScope(), growth.log().MoveToOuterDisposeScope());
    }

    // Each tangent becomes the gradient, at an input, of its product with an output.
    private static Tensor Images(Tensor output, Tensor input, Tensor tangents)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor[] images = [.. Enumerable.Range(0, (int)tangents.shape[1]).Select(k => autograd.grad(
            [output], [input], [tangents.select(1, k).to(output.dtype)], retain_graph: true)[0].to(ScalarType.Float64))];
        return stack(images, 1).MoveToOuterDisposeScope();
    }
}
