using Hybrid.Networks.Blocks;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Model;
using Hybrid.Networks.Random;
using Hybrid.Networks.Training;

namespace Hybrid.Networks.Tangents;

/// <summary>
/// Leading Lyapunov exponents of an actual network, trained or not, along the trajectories of actual data: tangents of all
/// tokens of a sequence at once (n d coordinates) carried through the blocks and orthonormalised after each. The blocks run in
/// double precision on the network's weights. Forwards a tangent's image is a difference over four points, h and 2h to either
/// side with h = 3e-5 of the stream's norm: rounding leaves some 1e-11, a curvature of the block on a scale of s of that norm
/// h⁴/s⁵, below 1e-8 for s > 0.01 (3e-5 where φ has a kink); backwards it is the exact adjoint.
/// </summary>
public sealed unsafe class NetworkExponents : IDisposable
{
    private const double RelativeStep = 3e-5;

    // f′ ≈ Σ weight · f(steps · h)/(12 h): the difference over four points, exact for polynomials of degree four.
    private static readonly (int Steps, double Weight)[] Points = [(-2, 1), (-1, -8), (1, 8), (2, -1)];

    private readonly ModelOptions model;
    private readonly int sequences, exponents, n, d;
    private readonly WorkerPool pool;
    private readonly MatrixProduct<double> product;
    private readonly ModelLayout layout;
    private readonly NativeBuffer<double> parameters, state, images;
    private readonly SequenceFrames frames;
    private readonly DenseBlocks<double> blocks;

    /// <summary>Plans for the leading exponents of networks of one model.</summary>
    /// <param name="model">Legal.</param>
    /// <param name="sequences">Trajectories measured at a time, ≥ 1.</param>
    /// <param name="exponents">From 1 to n d.</param>
    /// <param name="threads">≥ 1; the results do not depend on it.</param>
    public NetworkExponents(ModelOptions model, int sequences, int exponents, int threads = 1)
    {
        this.model = model;
        (n, d) = (model.Architecture.Tokens, model.Architecture.Width);
        frames = new SequenceFrames(exponents, sequences, (long)n * d);
        (this.sequences, this.exponents) = (sequences, exponents);
        pool = new WorkerPool(threads);
        product = new MatrixProduct<double>(pool);
        layout = new ModelLayout(model);
        parameters = new NativeBuffer<double>(layout.Length, "parameters in double precision");
        long length = (long)sequences * n * d;
        state = new NativeBuffer<double>(length, "the stream of all sequences");
        images = new NativeBuffer<double>(length, "a tangent's image of all sequences");
        BlockParameters<double> weights = new(
            parameters.Pointer + layout.FirstBlock, layout.Blocks, parameters.Pointer + layout.FirstGain, layout.Gains);
        blocks = new DenseBlocks<double>(
            model.Architecture, sequences, KeptActivations.ForStreamWithGains, weights, default, pool, product,
            model.Form, new BlockAdditions<double>(parameters.Pointer + layout.FirstAddition, layout.Additions));
    }

    /// <summary>
    /// Forward and backward exponents of a network as it stands, [block − 1][k], means over the sequences: log of
    /// how much tangent k grows in the block off the tangents before it. Sums over all k agree between the two.
    /// </summary>
    /// <param name="network">A network of this model; nothing of it changes.</param>
    /// <param name="batch">Its number of sequences, of which the first are measured.</param>
    /// <param name="seed">Names the first tangents.</param>
    /// <param name="cancellation">Asks to stop; heard between blocks.</param>
    /// <exception cref="OperationCanceledException">It was asked to stop; another measurement begins anew.</exception>
    public (ExponentEstimate[][] Forward, ExponentEstimate[][] Backward) Measure(
        IObservedNetwork network, TokenBatch batch, ulong seed, CancellationToken cancellation = default)
    {
        if (network.Model != model || batch.Sequences < sequences)
        {
            throw new ArgumentException(
                $"the network must be of the model that was planned for, on at least {sequences} sequences; got {batch.Sequences}");
        }

        Load(network);
        Input input = new(state);
        network.Observe(batch, input, backward: false);
        int depth = model.Architecture.Depth;
        double[][][] forward = frames.Logarithms(depth), backward = frames.Logarithms(depth);
        frames.Start(seed, RandomStream.ForwardFrame);
        for (int layer = 1; layer <= depth; layer++)
        {
            cancellation.ThrowIfCancellationRequested();
            for (int k = 0; k < exponents; k++)
                Push(layer, k);
            Copy(state.Pointer, blocks.Stream.Data);
            blocks.Forward(layer);
            Copy(blocks.Stream.Data, state.Pointer);
            frames.Orthonormalise(forward[layer - 1]);
        }

        frames.Start(seed, RandomStream.BackwardFrame);
        for (int layer = depth; layer >= 1; layer--)
        {
            cancellation.ThrowIfCancellationRequested();
            for (int k = 0; k < exponents; k++)
            {
                Copy(frames.At(k, 0), blocks.Gradient.Data);
                blocks.Backward(layer);
                Copy(blocks.Gradient.Data, frames.At(k, 0));
            }

            frames.Orthonormalise(backward[layer - 1]);
        }

        return (frames.Estimates(forward), frames.Estimates(backward));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        blocks.Dispose();
        images.Dispose();
        state.Dispose();
        frames.Dispose();
        parameters.Dispose();
        product.Dispose();
        pool.Dispose();
    }

    private void Load(IObservedNetwork network)
    {
        foreach (PlacedTensor place in layout.Tensors)
        {
            MatrixView<float> source = network.Matrix(place.Tensor.Name);
            double* destination = parameters.Pointer + place.Offset;
            for (long i = 0; i < place.Tensor.Length; i++)
                destination[i] = source.Data[i];
        }
    }

    // Tangent k through a block, with a step of its own for every sequence.
    private void Push(int layer, int k)
    {
        int length = checked(sequences * n * d);
        images.Span(0, length).Clear();
        foreach ((int steps, double weight) in Points)
        {
            Displace(k, steps);
            blocks.Forward(layer);
            RowMath.Combine(1, images.Pointer, weight, blocks.Stream.Data, images.Pointer, length);
        }

        for (int sequence = 0; sequence < sequences; sequence++)
            RowMath.Scale(1 / (12 * Step(sequence)), images.Pointer + (long)sequence * n * d, frames.At(k, sequence), n * d);
    }

    private void Displace(int k, int steps)
    {
        for (int sequence = 0; sequence < sequences; sequence++)
        {
            long shift = (long)sequence * n * d;
            RowMath.Combine(
                1, state.Pointer + shift, steps * Step(sequence), frames.At(k, sequence), blocks.Stream.Data + shift, n * d);
        }
    }

    private double Step(int sequence)
    {
        double* x = state.Pointer + (long)sequence * n * d;
        return RelativeStep * Math.Sqrt(RowMath.Dot(x, x, n * d));
    }

    private void Copy(double* source, double* destination)
    {
        int length = checked(sequences * n * d);
        new ReadOnlySpan<double>(source, length).CopyTo(new Span<double>(destination, length));
    }

    /// <summary>Keeps the embedded tokens of a pass.</summary>
    private sealed class Input(NativeBuffer<double> destination) : IPassObserver<float>
    {
        public PassStages Stages => PassStages.Stream;

        public void Stream(int layer, MatrixView<float> stream)
        {
            if (layer > 0)
                return;
            for (int i = 0; (long)i * stream.Columns < destination.Length; i++)
            {
                Span<float> row = stream.Row(i);
                for (int k = 0; k < row.Length; k++)
                    destination.Pointer[(long)i * row.Length + k] = row[k];
            }
        }
    }
}
