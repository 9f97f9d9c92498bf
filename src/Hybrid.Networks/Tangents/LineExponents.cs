using Hybrid.Architectures;
using Hybrid.Networks.Inputs;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Model;
using Hybrid.Networks.Random;

namespace Hybrid.Networks.Tangents;

/// <summary>
/// The exponents of derivation section 6 at the line, measured. All tokens are equal there, so one token stands for them
/// all and its attention weight is 1. An infinitesimal difference v between tokens is a tangent that attention averages
/// away (over many tokens that may all be attended to), while the MLP acts on it: λ_a of a block is the growth of
/// ‖v‖²/‖x‖², the infinitesimal u. The gradient's mean mode is the gradient of that one token: λ_g of a block is the
/// growth backwards of ‖G‖². Each is a logarithm of one network's growth; its mean differs from the logarithm of the mean
/// growth, of which the theory speaks, by O(1/width).
/// </summary>
public sealed unsafe class LineExponents : ILineEngine
{
    /// <summary>Independent differences that networks carry if not told otherwise.</summary>
    public const int StandardDifferences = 4;

    private readonly Architecture line;
    private readonly WorkerPool pool;
    private readonly MatrixProduct<double> product;
    private readonly ConditionedNetwork network;
    private readonly TangentPass pass;
    private readonly ExactGram token, gradient, tangents;

    /// <summary>Plans for a legal architecture, whose number of tokens and input correlation play no part.</summary>
    /// <param name="architecture">The network.</param>
    /// <param name="differences">Independent differences carried through every network, 1 to width − 1; more average more.</param>
    public LineExponents(Architecture architecture, int differences = StandardDifferences)
    {
        EnsureRange(architecture, differences);
        line = OneToken(architecture);
        pool = new WorkerPool(1);
        product = new MatrixProduct<double>(pool);
        network = new ConditionedNetwork(line, 1 + differences, pool, product);
        pass = new TangentPass(network, differences);
        int d = architecture.Width;
        token = new ExactGram(GramFactor.Equicorrelated(1, architecture.Input.Norm, 0), d, pool, product, "token");
        gradient = new ExactGram(GramFactor.Identity(1), d, pool, product, "output gradient");
        tangents = new ExactGram(GramFactor.Identity(Math.Min(d, differences)), d, pool, product, "differences");
    }

    /// <summary>Measures network number <paramref name="sample"/> of the ensemble <paramref name="seed"/>.</summary>
    /// <param name="seed">The ensemble's seed.</param>
    /// <param name="sample">Number of the network.</param>
    /// <param name="angle">λ_a of blocks 1..depth.</param>
    /// <param name="gradients">λ_g of blocks 1..depth.</param>
    public void Run(ulong seed, int sample, Span<double> angle, Span<double> gradients)
    {
        if (angle.Length != line.Depth || gradients.Length != line.Depth)
            throw new ArgumentException($"there must be room for {line.Depth} blocks, got {angle.Length} and {gradients.Length}");
        MatrixView<double> x = network.Stream, v = pass.Tangents, g = network.Gradient;
        token.Fill(x, RandomStream.InputTokens.OfInput(seed, sample));
        tangents.Fill(v, RandomStream.InputTangents.OfInput(seed, sample));
        Rotate(v, x);
        double before = Size(v) / Size(x);
        for (int layer = 1; layer <= line.Depth; layer++)
        {
            network.Forward(seed, sample, layer);
            pass.Forward(layer, attention: false);
            double after = Size(v) / Size(x);
            angle[layer - 1] = Math.Log(after / before);
            before = after;
            before *= Unite(v);
        }

        gradient.Fill(g, RandomStream.LossGradient.OfInput(seed, sample));
        Span<double> weights = stackalloc double[Enum.GetValues<MatrixRole>().Length];
        for (int layer = line.Depth; layer >= 1; layer--)
        {
            double size = Size(g);
            network.Backward(layer, weights);
            gradients[layer - 1] = Math.Log(Size(g) / size);
        }
    }

    /// <inheritdoc/>
    public void Run(ulong seed, int first, ReadOnlySpan<LineSample> results)
    {
        for (int number = 0; number < results.Length; number++)
            Run(seed, first + number, results[number].Angle, results[number].Gradient);
    }

    /// <summary>Networks 0 .. samples − 1 of an ensemble: every block's λ_a and λ_g with standard errors.</summary>
    public static (ExponentEstimate[] Angle, ExponentEstimate[] Gradient) Measure(
        Architecture architecture, ulong seed, int samples, int differences = StandardDifferences, CancellationToken cancellation = default)
    {
        using LineExponents exponents = new(architecture, differences);
        int depth = architecture.Depth;
        double[][] angle = new double[samples][], gradient = new double[samples][];
        for (int sample = 0; sample < samples; sample++)
        {
            cancellation.ThrowIfCancellationRequested();
            (angle[sample], gradient[sample]) = (new double[depth], new double[depth]);
            exponents.Run(seed, sample, angle[sample], gradient[sample]);
        }

        return (PerBlock(angle), PerBlock(gradient));

        ExponentEstimate[] PerBlock(double[][] values) =>
            [.. Enumerable.Range(0, depth).Select(block => ExponentEstimate.Of(values.Select(row => row[block])))];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        tangents.Dispose();
        gradient.Dispose();
        token.Dispose();
        pass.Dispose();
        network.Dispose();
        product.Dispose();
        pool.Dispose();
    }

    /// <summary>Refuses what no engine follows differences through.</summary>
    internal static void EnsureRange(Architecture architecture, int differences)
    {
        Features.EnsureSupported("tangents", [], ArchitectureModule.EnsureValid(architecture));
        ArgumentOutOfRangeException.ThrowIfLessThan(differences, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(differences, Math.Max(1, architecture.Width - 1));
    }

    private static Architecture OneToken(Architecture a) => a.With(tokens: 1, input: new InputParameters(a.Input.Norm, 0));

    /// <summary>Tokens of one norm differ across x, so v's part along x is taken off.</summary>
    internal static void Rotate(MatrixView<double> tangents, MatrixView<double> token)
    {
        double square = RowMath.Dot(token.Data, token.Data, token.Columns);
        for (int row = 0; row < tangents.Rows; row++)
        {
            double* tangent = tangents.Data + row * tangents.RowStride;
            double overlap = RowMath.Dot(tangent, token.Data, token.Columns) / square;
            RowMath.Combine(1, tangent, -overlap, token.Data, tangent, token.Columns);
        }
    }

    /// <summary>Unit size again, since over a long depth tangents would leave the range of doubles; by what the square changed.</summary>
    internal static double Unite(MatrixView<double> tangents)
    {
        double scale = 1 / Math.Sqrt(Size(tangents));
        for (int row = 0; row < tangents.Rows; row++)
        {
            double* tangent = tangents.Data + row * tangents.RowStride;
            RowMath.Scale(scale, tangent, tangent, tangents.Columns);
        }

        return scale * scale;
    }

    /// <summary>Sum of squares.</summary>
    internal static double Size(MatrixView<double> rows)
    {
        double sum = 0;
        for (int row = 0; row < rows.Rows; row++)
            sum += RowMath.Dot(rows.Data + row * rows.RowStride, rows.Data + row * rows.RowStride, rows.Columns);
        return sum;
    }
}
