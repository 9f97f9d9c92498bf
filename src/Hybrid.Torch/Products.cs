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
    /// <summary>y = x W + b in the stream's precision, its factors rounded to <paramref name="precision"/>.</summary>
    /// <param name="x">[B, n, in].</param>
    /// <param name="weight">[in, out], the same for all, or [B, in, out].</param>
    /// <param name="precision">Of the factors.</param>
    /// <param name="bias">b: [out], or [B, 1, out] where there is a matrix for each; null for none.</param>
    /// <returns>[B, n, out].</returns>
    internal static Tensor Apply(Tensor x, Tensor weight, TorchPrecision precision, Tensor? bias = null) =>
        ApplyRounded(x, weight, precision, bias).to(precision.Stream());

    /// <summary>The same, rounded as its factors are: for what the next product takes, or an activation before it.</summary>
    internal static Tensor ApplyRounded(Tensor x, Tensor weight, TorchPrecision precision, Tensor? bias = null)
    {
        Tensor factor = Rounded(x, precision), matrix = Rounded(weight, precision);
        if (matrix.dim() == 2)
        {
            Require(x, weight, x.shape[2] == weight.shape[0]);
            Tensor rows = factor.reshape(-1, x.shape[2]);
            Tensor product = bias is null ? rows.mm(matrix) : Rounded(bias, precision).addmm(rows, matrix, 1, 1);
            return product.reshape(x.shape[0], x.shape[1], weight.shape[1]);
        }

        Require(x, weight, x.shape[0] == weight.shape[0] && x.shape[2] == weight.shape[1]);
        Tensor products = factor.bmm(matrix);
        return bias is null ? products : Sum(products, Rounded(bias, precision));
    }

    /// <summary>x times a number; x itself under another handle where that is 1.</summary>
    internal static Tensor Scaled(Tensor x, double factor)
    {
        if (factor == 1)
            return x.alias();
        using Scalar scalar = factor;
        return x.mul(scalar);
    }

    /// <summary>x² entry by entry: TorchSharp's own takes a power whose number it does not hold.</summary>
    internal static Tensor Square(Tensor x) => x.mul(x);

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

    /// <summary>What products of that precision take: bfloat16, doubles, or x itself.</summary>
    internal static Tensor Rounded(Tensor x, TorchPrecision precision) => x.to(precision.Factors());

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
