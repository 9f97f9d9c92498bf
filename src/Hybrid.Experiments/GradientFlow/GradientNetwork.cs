using Hybrid.Architectures;
using Hybrid.Experiments.Measurement;
using Hybrid.Networks.Engines;
using Hybrid.Networks.Model;
using Hybrid.Theory;

namespace Hybrid.Experiments.GradientFlow;

/// <summary>One network of the grid: its predictions and its cells.</summary>
internal sealed class GradientNetwork
{
    /// <summary>The weight matrices, in the order of tables.</summary>
    public static readonly IReadOnlyList<MatrixRole> Matrices =
        [MatrixRole.Query, MatrixRole.Key, MatrixRole.Value, MatrixRole.AttentionOut, MatrixRole.MlpIn, MatrixRole.MlpOut];

    private readonly ParameterGradientNorms[] _weights;

    public GradientNetwork(Activation activation, double inStd, Placement norm, GradientFlowSize size)
    {
        Placement = PlacementName.Of(norm);
        ActivationName = activation.IsRelu ? "ReLU" : "GELU";
        Subject = $"{ActivationName}, {Placement}";
        // Without any normalisation r = a = 1 would make norms grow exponentially; r² = 1 − a² keeps them.
        double branch = norm == Hybrid.Architectures.Placement.None ? Math.Sqrt(0.5) : 1,
            skip = norm == Hybrid.Architectures.Placement.None ? Math.Sqrt(0.5) : 1;
        Architecture = ArchitectureModule.Defaults.With(
            name: Subject,
            tokens: size.Tokens,
            depth: size.Depth,
            width: size.Width,
            heads: size.Heads,
            mlpWidth: size.Width,
            activation: activation,
            gated: false,
            norm: norm,
            mask: Mask.None,
            attention: AttentionParameters.Of(skip, branch, 1, 1),
            mlp: MlpParameters.Of(skip, branch, inStd, 0, 1),
            input: new InputParameters(1, 0.5));
        Prediction = Predict.Architecture(Architecture);
        _weights = Predict.WeightGradients(Architecture);
        Pair = new(Subject, Architecture, size.Samples, (architecture, attempt, samples) => NetworkEnsemble.Measure(
            architecture, attempt, samples, member => Observe(architecture, member), weightGradients: true));
    }

    /// <summary>none, pre, post, peri or output.</summary>
    public string Placement { get; }

    public string ActivationName { get; }

    /// <summary>The row of the tables.</summary>
    public string Subject { get; }

    public Architecture Architecture { get; }

    public Prediction Prediction { get; }

    public WidthPair Pair { get; }

    /// <summary>g_d at a layer, measured.</summary>
    public static string Diagonal(int layer) => $"g_d {layer}";

    /// <summary>g_d − g_o at a layer, measured.</summary>
    public static string Difference(int layer) => $"difference {layer}";

    /// <summary>The gradient power of an entry of a matrix of a block, measured.</summary>
    public static string Weight(int block, MatrixRole matrix) => $"{matrix} {block}";

    /// <summary>g_d at a layer, predicted.</summary>
    public double PredictedDiagonal(int layer) => Prediction.Layers[layer].GradientDiagonal;

    /// <summary>g_d − g_o at a layer, predicted.</summary>
    public double PredictedDifference(int layer) => PredictedDiagonal(layer) - Prediction.Layers[layer].GradientOffDiagonal;

    /// <summary>
    /// E‖∂L/∂W‖² of a block over the matrix's rows and columns, predicted: the power of one entry, which does not depend on
    /// the width.
    /// </summary>
    public double PredictedWeight(int block, MatrixRole matrix)
    {
        ParameterGradientNorms norms = _weights[block - 1];
        double norm = matrix switch
        {
            MatrixRole.Query => norms.Query,
            MatrixRole.Key => norms.Key,
            MatrixRole.Value => norms.Value,
            MatrixRole.AttentionOut => norms.Output,
            MatrixRole.MlpIn => norms.MlpIn,
            MatrixRole.MlpOut => norms.MlpOut,
            _ => throw new ArgumentOutOfRangeException(nameof(matrix), matrix, "no such matrix is predicted here"),
        };
        return norm / Entries(Architecture);
    }

    /// <summary>Every matrix is square: the MLP is as wide as the stream.</summary>
    private static double Entries(Architecture architecture) => (double)architecture.Width * architecture.Width;

    private static IEnumerable<KeyValuePair<string, double>> Observe(Architecture architecture, EnsembleMember member)
    {
        for (int layer = 0; layer < member.Layers.Length - 1; layer++)
        {
            LayerObservables observed = member.Layers[layer];
            yield return KeyValuePair.Create(Diagonal(layer), observed.GradientDiagonal);
            yield return KeyValuePair.Create(Difference(layer), observed.GradientDiagonal - observed.GradientOffDiagonal);
            foreach (MatrixRole matrix in Matrices)
            {
                yield return KeyValuePair.Create(
                    Weight(layer + 1, matrix), member.WeightGradients[layer][(int)matrix] / Entries(architecture));
            }
        }
    }
}
