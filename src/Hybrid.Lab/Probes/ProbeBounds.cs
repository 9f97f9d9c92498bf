using Hybrid.Architectures;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Measurements;
using Hybrid.Theory;

namespace Hybrid.Lab.Probes;

/// <summary>
/// How long a token of the stream can be at most with the weights as they are, derivation (10.1), (10.2) and (10.4): after every layer,
/// whatever the text is, for tokens that enter with at most the longest embedded one's norm.
/// </summary>
/// <param name="Norms">[0..depth], ‖x‖/√d.</param>
/// <param name="NeedsWeights">Whether operator norms are in it; otherwise gains alone are.</param>
public sealed record ProbeBounds(double[] Norms, bool NeedsWeights)
{
    /// <summary>The bound, or null of a placement that has none, or where operator norms would be needed and are not there.</summary>
    /// <param name="network">The network.</param>
    /// <param name="longest">Largest ‖x‖ of an embedded token.</param>
    /// <param name="operatorNorm">‖W‖ by name; null where they are not known.</param>
    internal static ProbeBounds? Of(IMeasuredNetwork network, double longest, Func<string, double>? operatorNorm)
    {
        Architecture architecture = network.Model.Architecture;
        Placement norm = architecture.Norm;
        bool weights = !norm.OnBranch && !norm.OnSum;
        bool known = norm.Before && architecture.Activation is not Activation.Custom && architecture.Mlp.Experts is null;
        if (weights && (operatorNorm is null || !known))
            return null;
        HashSet<string> names = [.. network.Parameters.Select(tensor => tensor.Name)];
        double root = Math.Sqrt(architecture.Width);
        double[] bounds = new double[architecture.Depth + 1];
        bounds[0] = longest;
        for (int layer = 1; layer <= architecture.Depth; layer++)
        {
            double x = bounds[layer - 1];
            foreach (Step step in BlockModule.At(architecture, layer).Steps)
            {
                double sum = step.Skip * x;
                foreach (Sublayer sublayer in step.Sublayers)
                    sum += sublayer.Branch * (norm.OnBranch ? Normalised(layer, Name(sublayer), "out") : Module(layer, sublayer));
                x = sum;
                bool alone = step.Sublayers.Length == 1;
                if (norm.OnSum)
                    x = Normalised(layer, alone ? Name(step.Sublayers[0]) : "", alone && !norm.OnBranch ? "out" : "sum");
            }

            bounds[layer] = x;
        }

        return new([.. bounds.Select(bound => bound / root)], weights);

        static string Name(Sublayer sublayer) => sublayer.Module.IsAttention ? "attention." : "mlp.";

        double Length(string name) => names.Contains(name) ? Euclidean(network.Matrix(name)) : 0;

        // ‖γ ∘ N x + β‖ at most.
        double Normalised(int layer, string module, string place) =>
            Largest(network.Matrix($"blocks.{layer}.{module}gain.{place}")) * root + Length($"blocks.{layer}.{module}shift.{place}");

        double Module(int layer, Sublayer sublayer) => norm.OnSum ? 0 : sublayer.Module.IsAttention ? Attention(layer) : Mlp(layer);

        double Attention(int layer)
        {
            string block = $"blocks.{layer}.attention.";
            double values = OfHeads(block + "value") * Normalised(layer, "attention.", "in");
            return operatorNorm!(block + "out") * (values + Repeated(block + "value.bias")) + Length(block + "out.bias");
        }

        // √Σ_h‖W_V,h‖² over the heads that read values.
        double OfHeads(string values)
        {
            int groups = ArchitectureModule.KeyValueHeads(architecture);
            return Math.Sqrt(network.OperatorNorms(values, ProbeWeights.Tolerance, groups)
                .Sum(norm => norm.Value * norm.Value * architecture.Heads / groups));
        }

        // A bias of shared values is added once for every head that reads them.
        double Repeated(string name) =>
            Length(name) * Math.Sqrt(architecture.Heads / (double)ArchitectureModule.KeyValueHeads(architecture));

        double Mlp(int layer)
        {
            string block = $"blocks.{layer}.mlp.";
            double z = Normalised(layer, "mlp.", "in"), slope = Bounds.lipschitz(architecture.Activation);
            double offset = Math.Abs(ActivationModule.Value(architecture.Activation, 0)) * Math.Sqrt(architecture.MlpWidth);
            double hidden = slope * (operatorNorm!(block + "in") * z + Length(block + "bias")) + offset;
            if (architecture.Gated)
                hidden *= operatorNorm(block + "up") * z + Length(block + "up.bias");
            return operatorNorm(block + "out") * hidden + Length(block + "out.bias");
        }
    }

    private static double Largest(MatrixView<float> vector)
    {
        double largest = 0;
        foreach (float x in vector.Row(0))
            largest = Math.Max(largest, Math.Abs(x));
        return largest;
    }

    private static double Euclidean(MatrixView<float> vector)
    {
        double square = 0;
        foreach (float x in vector.Row(0))
            square += (double)x * x;
        return Math.Sqrt(square);
    }
}
