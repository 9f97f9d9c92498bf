using TorchSharp;
using static TorchSharp.torch;

namespace Hybrid.Torch;

/// <summary>
/// Products with matrices and with numbers. Shapes are checked here and products taken by mm and bmm: TorchSharp's matmul ends the
/// process where libtorch throws, at wrong shapes or for want of memory. Numbers are held until libtorch has read them: TorchSharp's
/// operators leave them to the garbage collector, which may take them in the middle of a call.
/// </summary>
internal static class Products
{
    /// <summary>y = x W in single precision, its factors rounded to <paramref name="precision"/>.</summary>
    /// <param name="x">[B, n, in].</param>
    /// <param name="weight">[in, out], the same for all, or [B, in, out].</param>
    /// <param name="precision">Of the factors.</param>
    /// <returns>[B, n, out].</returns>
    internal static Tensor Apply(Tensor x, Tensor weight, TorchPrecision precision)
    {
        Tensor factor = Rounded(x, precision), matrix = Rounded(weight, precision);
        Tensor product;
        if (matrix.dim() == 2)
        {
            Require(x, weight, x.shape[2] == weight.shape[0]);
            product = factor.reshape(-1, x.shape[2]).mm(matrix).reshape(x.shape[0], x.shape[1], weight.shape[1]);
        }
        else
        {
            Require(x, weight, x.shape[0] == weight.shape[0] && x.shape[2] == weight.shape[1]);
            product = factor.bmm(matrix);
        }

        return product.to(ScalarType.Float32);
    }

    /// <summary>x times a number.</summary>
    internal static Tensor Scaled(Tensor x, double factor)
    {
        using Scalar scalar = factor;
        return x.mul(scalar);
    }

    /// <summary>x + factor y.</summary>
    internal static Tensor Sum(Tensor x, Tensor y, double factor = 1)
    {
        using Scalar scalar = factor;
        return x.add(y, scalar);
    }

    /// <summary>A number's multiple in place.</summary>
    internal static Tensor Scale(Tensor x, double factor)
    {
        using Scalar scalar = factor;
        return x.mul_(scalar);
    }

    /// <summary>What products of that precision take: bfloat16, or x itself.</summary>
    internal static Tensor Rounded(Tensor x, TorchPrecision precision) =>
        x.to(precision == TorchPrecision.BFloat16 ? ScalarType.BFloat16 : ScalarType.Float32);

    /// <summary>Tells libtorch whether GPUs may round the factors of single-precision products to TF32: of the whole process.</summary>
    internal static void Configure(TorchPrecision precision) =>
        backends.cuda.matmul.allow_tf32 = precision == TorchPrecision.Tf32;

    private static void Require(Tensor x, Tensor weight, bool fits)
    {
        if (!fits)
            throw new ArgumentException($"x W needs [B, n, in] and [in, out] or [B, in, out], got [{Text(x)}] and [{Text(weight)}]");
    }

    private static string Text(Tensor tensor) => string.Join(", ", tensor.shape);
}
