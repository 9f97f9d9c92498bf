using System.Collections.Concurrent;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Measurements;
using Hybrid.Networks.Training;

namespace Hybrid.Lab.Probes;

/// <summary>Sizes, gradients and operator norms of a network's weights.</summary>
internal static class ProbeWeights
{
    /// <summary>Relative, of operator norms: enough for bounds that are loose by more.</summary>
    public const double Tolerance = 1e-6;

    /// <summary>[block], block 0 all that surrounds the blocks.</summary>
    public static ProbeWeight[][] Of(
        IObservedNetwork network, bool gradients, IReadOnlyDictionary<string, double>? norms)
    {
        List<ProbeWeight>[] blocks = [.. Enumerable.Range(0, network.Model.Architecture.Depth + 1).Select(_ => new List<ProbeWeight>())];
        foreach (NamedTensor tensor in network.Parameters)
        {
            (int block, string name) = tensor.Name.Split('.', 3) is ["blocks", string number, string rest]
                ? (int.Parse(number, System.Globalization.CultureInfo.InvariantCulture), rest)
                : (0, tensor.Name);
            double size = Frobenius(network.Matrix(tensor.Name));
            // What the family has not is 0 and no weight: positions that are turned, a bias that nothing fills.
            if (size == 0)
                continue;
            blocks[block].Add(new(
                name,
                size / Math.Sqrt(tensor.Length),
                gradients ? Frobenius(network.Matrix("gradient." + tensor.Name)) : double.NaN,
                norms?.GetValueOrDefault(tensor.Name, double.NaN) ?? double.NaN));
        }

        return [.. blocks.Select(block => block.ToArray())];
    }

    /// <summary>‖W‖ of every matrix of the blocks by its name, on so many threads.</summary>
    public static IReadOnlyDictionary<string, double> OperatorNorms(
        IMeasuredNetwork network, int threads, CancellationToken cancellation)
    {
        ConcurrentDictionary<string, double> norms = [];
        NamedTensor[] matrices =
        [
            .. network.Parameters.Where(tensor =>
                tensor.Shape.Length == 2 && tensor.Name.StartsWith("blocks.", StringComparison.Ordinal)),
        ];
        Parallel.ForEach(
            matrices,
            new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellation },
            tensor => norms[tensor.Name] = network.OperatorNorms(tensor.Name, Tolerance)[0].Value);
        return norms;
    }

    private static double Frobenius(MatrixView<float> matrix)
    {
        double square = 0;
        for (int i = 0; i < matrix.Rows; i++)
        {
            foreach (float x in matrix.Row(i))
                square += (double)x * x;
        }

        return Math.Sqrt(square);
    }
}
