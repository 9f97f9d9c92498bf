using Hybrid.Networks.Measurements;
using TorchSharp;
using static TorchSharp.torch;

namespace Hybrid.Torch;

/// <summary>
/// <see cref="OperatorNorm.Of"/> where a matrix is: the same iterations from the same vector in double precision, looked at as often.
/// </summary>
internal static class PowerIteration
{
    /// <summary>‖W‖ of [rows, columns / parts] each.</summary>
    internal static OperatorNorm[] OfParts(Tensor matrix, int parts, double tolerance = OperatorNorm.UsualTolerance)
    {
        using DisposeScope scope = NewDisposeScope();
        return [.. matrix.chunk(parts, 1).Select(part => Of(part, tolerance))];
    }

    private static OperatorNorm Of(Tensor matrix, double tolerance)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable untracked = no_grad();
        Tensor w = matrix.to(ScalarType.Float64), x = tensor(OperatorNorm.Start((int)matrix.shape[1])).to(matrix.device).unsqueeze(1);
        double checkpoint = 0, square = 0;
        for (int iteration = 1; iteration <= OperatorNorm.MostIterations; iteration++)
        {
            using DisposeScope inner = NewDisposeScope();
            Tensor y = w.mm(x), next = w.transpose(0, 1).mm(y);
            x.Dispose();
            x = (next / next.norm()).MoveToOuterDisposeScope();
            bool looks = iteration % OperatorNorm.IterationsBetweenChecks == 0;
            if (iteration == 1 || looks)
            {
                square = Products.Square(y).sum().item<double>();
                if (square == 0 || !double.IsFinite(square) || (looks && square - checkpoint <= tolerance * square))
                    return new(Math.Sqrt(square), true, iteration);
                if (looks)
                    checkpoint = square;
            }
        }

        return new(Math.Sqrt(square), false, OperatorNorm.MostIterations);
    }
}
