using Hybrid.Architectures;
using Hybrid.Networks.Engines.Dense;
using Hybrid.Networks.Inputs;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Model;
using Hybrid.Networks.Random;

namespace Hybrid.Networks.Tangents;

/// <summary>
/// The exponents of <see cref="LineExponents"/> of networks with the dense engine's weights, to the bit, run in double precision. A
/// difference v is a token at x ± h v and one at x ± 2h v, h ‖v‖ = 3e-5 ‖x‖, beside the token x itself: tokens in such pairs change the
/// mean that attention takes by nothing of first order, so its branch leaves differences out as it does in the limit, and what is left of
/// h is of order h². The image of v is a difference over the four tokens. Where φ has a kink, tokens to either side of it leave 3e-5.
/// </summary>
public sealed unsafe class DenseLineEngine : ILineEngine
{
    private const double RelativeStep = 3e-5;

    // f′ ≈ Σ weight · f(steps · h)/(12 h).
    private static readonly (int Steps, double Weight)[] Points = [(-2, 1), (-1, -8), (1, 8), (2, -1)];

    private readonly int depth, differences;
    private readonly WorkerPool pool;
    private readonly MatrixProduct<double> product;
    private readonly DenseNetwork<double> network;
    private readonly ExactGram token, gradient, tangents;
    private readonly NativeBuffer<float> singles;
    private readonly NativeBuffer<double> memory;
    private readonly MatrixView<double> v;

    /// <summary>Plans for a legal architecture, whose mask, number of tokens and input correlation play no part.</summary>
    /// <param name="architecture">The network.</param>
    /// <param name="threads">≥ 1; the results do not depend on it.</param>
    /// <param name="differences">Independent differences carried through every network, 1 to width − 1; more average more.</param>
    /// <exception cref="InvalidArchitectureException">A field is out of its range.</exception>
    /// <exception cref="InsufficientMemoryException">The buffers exceed the machine's memory.</exception>
    public DenseLineEngine(Architecture architecture, int threads = 1, int differences = LineExponents.StandardDifferences)
    {
        LineExponents.EnsureRange(architecture, differences);
        this.differences = differences;
        (depth, int d) = (architecture.Depth, architecture.Width);
        pool = new WorkerPool(threads);
        product = new MatrixProduct<double>(pool);
        network = new DenseNetwork<double>(Tokens(architecture, differences), pool, product);
        singles = new NativeBuffer<float>(
            Math.Max(network.Layout.BlockLength, (long)differences * d), $"a block of width {d} in single precision");
        memory = new NativeBuffer<double>((long)differences * d, $"{differences} differences");
        v = memory.Matrix(0, differences, d);
        token = new ExactGram(GramFactor.Equicorrelated(1, architecture.Input.Norm, 0), d, pool, product, "token");
        gradient = new ExactGram(GramFactor.Identity(1), d, pool, product, "output gradient");
        tangents = new ExactGram(GramFactor.Identity(differences), d, pool, product, "differences");
    }

    /// <summary>About how many bytes it takes, before it is planned.</summary>
    public static Int128 Bytes(Architecture architecture, int differences = LineExponents.StandardDifferences) =>
        DoubleEngine.Bytes(Tokens(architecture, differences));

    /// <inheritdoc/>
    public void Run(ulong seed, int first, ReadOnlySpan<LineSample> results)
    {
        for (int number = 0; number < results.Length; number++)
            Run(seed, first + number, results[number]);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        tangents.Dispose();
        gradient.Dispose();
        token.Dispose();
        memory.Dispose();
        singles.Dispose();
        network.Dispose();
        product.Dispose();
        pool.Dispose();
    }

    private static Architecture Tokens(Architecture a, int differences) =>
        a.With(tokens: 1 + Points.Length * differences, mask: Mask.None, input: new InputParameters(a.Input.Norm, 0));

    private void Run(ulong seed, int sample, LineSample result)
    {
        MatrixView<double> x = network.Stream.Slice(0, 0, 1, v.Columns);
        Fill(token, x, RandomStream.InputTokens.OfInput(seed, sample));
        Fill(tangents, v, RandomStream.InputTangents.OfInput(seed, sample));
        LineExponents.Rotate(v, x);
        for (int layer = 1; layer <= depth; layer++)
        {
            double before = LineExponents.Size(v) / LineExponents.Size(x);
            Draw(seed, sample, layer);
            Push(layer, x);
            result.Angle[layer - 1] = Math.Log(LineExponents.Size(v) / LineExponents.Size(x) / before);
            LineExponents.Unite(v);
        }

        // The gradient's mean mode: the same at every token.
        MatrixView<double> g = network.Gradient;
        Fill(gradient, g.Slice(0, 0, 1, g.Columns), RandomStream.LossGradient.OfInput(seed, sample));
        for (int row = 1; row < g.Rows; row++)
            g.Row(0).CopyTo(g.Row(row));
        for (int layer = depth; layer >= 1; layer--)
        {
            double size = LineExponents.Size(g);
            network.Backward(layer);
            result.Gradient[layer - 1] = Math.Log(LineExponents.Size(g) / size);
        }
    }

    // Every difference, and the token, through a block.
    private void Push(int layer, MatrixView<double> x)
    {
        MatrixView<double> stream = network.Stream;
        int d = v.Columns;
        Span<double> step = stackalloc double[differences];
        for (int k = 0; k < differences; k++)
        {
            step[k] = RelativeStep * Math.Sqrt(LineExponents.Size(x) / LineExponents.Size(v.Slice(k, 0, 1, d)));
            for (int point = 0; point < Points.Length; point++)
                RowMath.Combine(1, x.Data, Points[point].Steps * step[k], Of(v, k), Displaced(k, point), d);
        }

        network.Forward(layer);
        for (int k = 0; k < differences; k++)
        {
            v.Row(k).Clear();
            for (int point = 0; point < Points.Length; point++)
                RowMath.Combine(1, Of(v, k), Points[point].Weight / (12 * step[k]), Displaced(k, point), Of(v, k), d);
        }

        double* Displaced(int k, int point) => Of(stream, 1 + k * Points.Length + point);
    }

    private static double* Of(MatrixView<double> rows, int row) => rows.Data + row * rows.RowStride;

    // What the dense engine draws: rounded to single precision once.
    private void Fill(ExactGram draws, MatrixView<double> rows, in RandomKey key)
    {
        MatrixView<float> single = singles.Matrix(0, rows.Rows, rows.Columns);
        draws.Fill(single, key);
        for (int row = 0; row < rows.Rows; row++)
            Widen(single.Row(row), rows.Row(row));
    }

    private void Draw(ulong seed, int sample, int layer)
    {
        WeightDraw<float> draw = new(network.Layout, singles.Pointer, seed, sample, layer);
        pool.Run(&WeightDraw<float>.Fill, &draw);
        foreach (ref readonly ParameterBlock block in network.Layout.Blocks)
        {
            MatrixView<double> matrix = network.Matrix(layer, block.Role);
            for (int row = 0; row < matrix.Rows; row++)
                Widen(new(singles.Pointer + block.Offset + (long)row * matrix.Columns, matrix.Columns), matrix.Row(row));
        }
    }

    private static void Widen(ReadOnlySpan<float> source, Span<double> destination)
    {
        for (int i = 0; i < source.Length; i++)
            destination[i] = source[i];
    }
}
