using Hybrid.Architectures;
using Hybrid.Networks.Blocks;
using Hybrid.Networks.Inputs;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Model;
using Hybrid.Networks.Random;

namespace Hybrid.Networks.Engines.Dense;

/// <summary>
/// The dense engine's networks, weight by weight and input by input, run in double precision: the reference that tells whose
/// numbers are rounded and whose are wrong. It also runs them with every weight, stream and gradient changed by random relative
/// amounts of a given size, which measures how far roundings of that size may carry.
/// </summary>
public sealed unsafe class DoubleEngine : INetworkEngine
{
    private readonly WorkerPool pool;
    private readonly MatrixProduct<double> product;
    private readonly DenseNetwork<double> network;
    private readonly NativeBuffer<float> singles;
    private readonly GramMeter<double> meter;
    private readonly ExactGram tokens;
    private readonly ExactGram outputGradient;

    /// <summary>Plans all buffers for <paramref name="architecture"/>.</summary>
    /// <param name="architecture">Must be legal; tokens ≤ width, since the output's gradients are orthogonal.</param>
    /// <param name="threads">≥ 1; the results do not depend on it.</param>
    /// <exception cref="InvalidArchitectureException">A field is out of its range.</exception>
    /// <exception cref="ArgumentException">More tokens than orthogonal gradients of that width.</exception>
    /// <exception cref="InsufficientMemoryException">The buffers exceed the machine's memory.</exception>
    public DoubleEngine(Architecture architecture, int threads)
    {
        const string Who = "engine double";
        Features.EnsureSupported(Who, DenseBlocks.Features, ArchitectureModule.EnsureValid(architecture));
        Architecture = ParameterLayout.EnsureSingle(Who, architecture, Enum.GetValues<MatrixRole>());
        (int n, int d) = (architecture.Tokens, architecture.Width);
        pool = new WorkerPool(threads);
        try
        {
            product = new MatrixProduct<double>(pool);
            network = new DenseNetwork<double>(architecture, pool, product);
            singles = new NativeBuffer<float>(
                Int128.Max(network.Layout.BlockLength, (Int128)n * d), $"a block of width {d} in single precision");
            GramFactor input = GramFactor.Equicorrelated(n, architecture.Input.Norm, architecture.Input.Correlation);
            tokens = new ExactGram(input, d, pool, product, "input tokens");
            outputGradient = new ExactGram(GramFactor.Identity(n), d, pool, product, "orthogonal output gradients");
            meter = new GramMeter<double>(n, d, pool, product);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public string Name => "double";

    /// <inheritdoc/>
    public Architecture Architecture { get; }

    /// <summary>Bytes that an engine for <paramref name="architecture"/> takes, before it is planned.</summary>
    public static Int128 Bytes(Architecture architecture)
    {
        Int128 n = architecture.Tokens, d = architecture.Width;
        ParameterLayout layout = new(architecture);
        Int128 doubles = layout.Length + new ActivationPlan(architecture).Length + 2 * (3 * n * d + 3 * n * n) + n * d;
        return sizeof(double) * doubles + sizeof(float) * Int128.Max(layout.BlockLength, n * d);
    }

    /// <inheritdoc/>
    public void Run(ulong seed, int sample, NetworkSample result) => Run(seed, sample, result, 0, 0);

    /// <summary>
    /// Runs network (seed, sample) with every weight, every entry and every row of the stream at each block boundary, and the
    /// same of the gradient, multiplied by 1 + size·g, with g standard normal and independent.
    /// </summary>
    /// <param name="seed">The ensemble's seed.</param>
    /// <param name="sample">The network's number, ≥ 0.</param>
    /// <param name="result">Takes the Gram matrices.</param>
    /// <param name="size">Standard deviation of the relative changes, ≥ 0, such as 2⁻²⁴; 0 runs the network as it is.</param>
    /// <param name="draw">Number of the draw of changes, ≥ 0.</param>
    public void Run(ulong seed, int sample, NetworkSample result, double size, int draw)
    {
        result.EnsureShape(Architecture);
        ArgumentOutOfRangeException.ThrowIfNegative(draw);

        Changes changes = new(seed, draw, size);
        FillInput(tokens, network.Stream, RandomStream.InputTokens.OfInput(seed, sample));
        Measure(network.Stream, result.Hidden[0], changes, 0, RandomStream.StreamChanges, RandomStream.StreamRowChanges);
        for (int layer = 1; layer <= Architecture.Depth; layer++)
        {
            Draw(seed, sample, layer, changes);
            network.Forward(layer);
            Measure(network.Stream, result.Hidden[layer], changes, layer, RandomStream.StreamChanges, RandomStream.StreamRowChanges);
        }

        FillInput(outputGradient, network.Gradient, RandomStream.LossGradient.OfInput(seed, sample));
        Measure(
            network.Gradient,
            result.Gradient[Architecture.Depth],
            changes,
            Architecture.Depth,
            RandomStream.GradientChanges,
            RandomStream.GradientRowChanges);
        for (int layer = Architecture.Depth; layer >= 1; layer--)
        {
            network.Backward(layer);
            Measure(
                network.Gradient,
                result.Gradient[layer - 1],
                changes,
                layer - 1,
                RandomStream.GradientChanges,
                RandomStream.GradientRowChanges);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        network?.Dispose();
        singles?.Dispose();
        meter?.Dispose();
        outputGradient?.Dispose();
        tokens?.Dispose();
        product?.Dispose();
        pool.Dispose();
    }

    // The dense engine's input: rounded to single precision once.
    private void FillInput(ExactGram draws, MatrixView<double> rows, in RandomKey key)
    {
        MatrixView<float> single = singles.Matrix(0, rows.Rows, rows.Columns);
        draws.Fill(single, key);
        for (int row = 0; row < rows.Rows; row++)
        {
            Span<float> source = single.Row(row);
            Span<double> destination = rows.Row(row);
            for (int i = 0; i < source.Length; i++)
                destination[i] = source[i];
        }
    }

    private void Draw(ulong seed, int sample, int layer, in Changes changes)
    {
        WeightDraw<float> draw = new(network.Layout, singles.Pointer, seed, sample, layer);
        pool.Run(&WeightDraw<float>.Fill, &draw);
        long length = network.Layout.BlockLength;
        WidenJob job = new()
        {
            Source = singles.Pointer,
            Destination = network.Parameters.Pointer + (layer - 1) * length,
            Length = length,
            Changes = changes,
            Layer = layer,
        };
        pool.Run(&WidenJob.Run, &job);
    }

    private void Measure(
        MatrixView<double> rows, double[] gram, in Changes changes, int layer, RandomStream ofEntries, RandomStream ofRows)
    {
        // Boundary 0 is the input of block 1.
        RandomKey entries = changes.Key(ofEntries, layer + 1), scales = changes.Key(ofRows, layer + 1);
        for (int row = 0; changes.Size > 0 && row < rows.Rows; row++)
        {
            changes.Scale(rows.Row(row), scales, row);
            changes.Apply(rows.Row(row), entries, (long)row * rows.Columns);
        }

        meter.Measure(rows, gram);
    }

    private struct WidenJob
    {
        public float* Source;
        public double* Destination;
        public long Length;
        public Changes Changes;
        public int Layer;

        public static void Run(WidenJob* job, int worker, int threads)
        {
            long pieces = (job->Length + Changes.Piece - 1) / Changes.Piece;
            for (long piece = worker; piece < pieces; piece += threads)
            {
                long start = piece * Changes.Piece;
                int count = (int)Math.Min(Changes.Piece, job->Length - start);
                Span<double> destination = new(job->Destination + start, count);
                for (int i = 0; i < count; i++)
                    destination[i] = job->Source[start + i];
                if (job->Changes.Size > 0)
                    job->Changes.Apply(destination, job->Changes.Key(RandomStream.WeightChanges, job->Layer), start);
            }
        }
    }

    /// <summary>Factors 1 + size·g, each a function of its place alone.</summary>
    private readonly record struct Changes(ulong Seed, int Draw, double Size)
    {
        /// <summary>Elements at a time.</summary>
        public const int Piece = 512;

        public RandomKey Key(RandomStream stream, int layer) => stream.OfBlock(Seed, Draw, layer);

        public void Apply(Span<double> values, in RandomKey key, long offset)
        {
            Span<double> noise = stackalloc double[Piece];
            for (int start = 0; start < values.Length; start += Piece)
            {
                Span<double> part = values.Slice(start, Math.Min(Piece, values.Length - start));
                Gaussian.Fill(noise[..part.Length], key, offset + start, Size);
                for (int i = 0; i < part.Length; i++)
                    part[i] *= 1 + noise[i];
            }
        }

        public void Scale(Span<double> values, in RandomKey key, int row)
        {
            double scale = 0;
            Gaussian.Fill(new Span<double>(ref scale), key, row, Size);
            foreach (ref double value in values)
                value *= 1 + scale;
        }
    }
}
