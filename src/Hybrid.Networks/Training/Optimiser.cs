using System.Numerics;
using System.Runtime.CompilerServices;
using Hybrid.Networks.Linear;

namespace Hybrid.Networks.Training;

/// <summary>
/// Carries parameters θ along their gradients g in one pass over memory. With η of the step and decay w (of tensors that
/// decay, else 0), both kinds first take θ ← θ (1 − η w). Then AdamW at step t: m ← β₁ m + (1 − β₁) g,
/// v ← β₂ v + (1 − β₂) g², θ ← θ − η/(1 − β₁ᵗ) · m/(√(v/(1 − β₂ᵗ)) + ε); SGD: m ← μ m + g, θ ← θ − η m.
/// A gradient longer than the clip norm is scaled down to it on the way.
/// </summary>
internal sealed unsafe class Optimiser<T> : IDisposable
    where T : unmanaged, IFloatingPointIeee754<T>
{
    // Elements per piece of work; pieces are whole cache lines, whose padding stays 0.
    private const int PieceLength = 1 << 14;

    private readonly OptimiserOptions options;
    private readonly WorkerPool pool;
    private readonly NativeBuffer<Piece> pieces;
    private readonly NativeBuffer<double> squares;

    internal Optimiser(OptimiserOptions options, ModelLayout layout, WorkerPool pool)
    {
        this.options = options;
        this.pool = pool;
        List<Piece> list = [];
        foreach (PlacedTensor tensor in layout.Tensors)
        {
            long length = (long)Slot.Padded(tensor.Tensor.Length);
            for (long start = 0; start < length; start += PieceLength)
                list.Add(new Piece(tensor.Offset + start, (int)Math.Min(PieceLength, length - start), tensor.Decays));
        }

        pieces = new NativeBuffer<Piece>(list.Count, "pieces of the parameters");
        list.ToArray().CopyTo(pieces.Span(0, list.Count));
        squares = new NativeBuffer<double>(list.Count, "squared gradient norms");
        Mean = new NativeBuffer<T>(layout.Length, "mean gradients of the optimiser");
        Square = new NativeBuffer<T>(options.Kind == OptimiserKind.AdamW ? layout.Length : 0, "mean squared gradients of the optimiser");
    }

    /// <summary>m: AdamW's mean gradient, or SGD's momentum; laid out as the parameters.</summary>
    internal NativeBuffer<T> Mean { get; }

    /// <summary>v: AdamW's mean squared gradient; empty for SGD.</summary>
    internal NativeBuffer<T> Square { get; }

    /// <summary>‖g‖, accumulated in double, piece by piece in their order.</summary>
    internal double Norm(NativeBuffer<T> gradients)
    {
        NormJob job =
            new() { Pieces = pieces.Pointer, Count = (int)pieces.Length, Gradients = gradients.Pointer, Squares = squares.Pointer };
        pool.Run(&NormJob.Run, &job);
        double sum = 0;
        for (long piece = 0; piece < squares.Length; piece++)
            sum += squares.Pointer[piece];
        return Math.Sqrt(sum);
    }

    /// <summary>Step number <paramref name="step"/> = 1, 2, …</summary>
    /// <param name="parameters">θ, overwritten.</param>
    /// <param name="gradients">g.</param>
    /// <param name="norm">‖g‖, finite.</param>
    /// <param name="rate">η.</param>
    /// <param name="step">t, for the bias correction.</param>
    internal void Update(NativeBuffer<T> parameters, NativeBuffer<T> gradients, double norm, double rate, int step)
    {
        bool adam = options.Kind == OptimiserKind.AdamW;
        UpdateJob job = new()
        {
            Pieces = pieces.Pointer,
            Count = (int)pieces.Length,
            Adam = adam,
            Parameters = parameters.Pointer,
            Gradients = gradients.Pointer,
            Mean = Mean.Pointer,
            Square = Square.Pointer,
            GradientScale = T.CreateChecked(norm > options.ClipNorm ? options.ClipNorm / norm : 1),
            Decay = T.CreateChecked(1 - rate * options.WeightDecay),
            MeanMemory = T.CreateChecked(adam ? options.Beta1 : options.Momentum),
            MeanWeight = T.CreateChecked(1 - options.Beta1),
            SquareMemory = T.CreateChecked(options.Beta2),
            SquareWeight = T.CreateChecked(1 - options.Beta2),
            RootScale = T.CreateChecked(1 / Math.Sqrt(1 - Math.Pow(options.Beta2, step))),
            Epsilon = T.CreateChecked(options.Epsilon),
            Rate = T.CreateChecked(adam ? rate / (1 - Math.Pow(options.Beta1, step)) : rate),
        };
        pool.Run(&UpdateJob.Run, &job);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        pieces.Dispose();
        squares.Dispose();
        Mean.Dispose();
        Square.Dispose();
    }

    private readonly record struct Piece(long Offset, int Length, bool Decays);

    private struct NormJob
    {
        public Piece* Pieces;
        public int Count;
        public T* Gradients;
        public double* Squares;

        public static void Run(NormJob* job, int worker, int threads)
        {
            (int start, int end) = WorkerPool.Share(job->Count, worker, threads);
            for (int index = start; index < end; index++)
            {
                T* gradient = job->Gradients + job->Pieces[index].Offset;
                job->Squares[index] = RowMath.Dot(gradient, gradient, job->Pieces[index].Length);
            }
        }
    }

    private struct UpdateJob
    {
        public Piece* Pieces;
        public int Count;
        public bool Adam;
        public T* Parameters, Gradients, Mean, Square;
        public T GradientScale, Decay, MeanMemory, MeanWeight, SquareMemory, SquareWeight, RootScale, Epsilon, Rate;

        public static void Run(UpdateJob* job, int worker, int threads)
        {
            (int start, int end) = WorkerPool.Share(job->Count, worker, threads);
            for (int index = start; index < end; index++)
            {
                Piece piece = job->Pieces[index];
                T decay = piece.Decays ? job->Decay : T.One;
                if (job->Adam)
                    FollowAdam(job, piece, decay);
                else
                    FollowMomentum(job, piece, decay);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void FollowAdam(UpdateJob* job, Piece piece, T decay)
        {
            T* parameters = job->Parameters + piece.Offset, gradients = job->Gradients + piece.Offset;
            T* means = job->Mean + piece.Offset, squares = job->Square + piece.Offset;
            T scale = job->GradientScale, meanMemory = job->MeanMemory, meanWeight = job->MeanWeight, rate = job->Rate;
            T squareMemory = job->SquareMemory, squareWeight = job->SquareWeight, rootScale = job->RootScale;
            Vector<T> epsilon = Vector.Create(job->Epsilon);
            for (int i = 0; i < piece.Length; i += Vector<T>.Count)
            {
                Vector<T> gradient = scale * Vector.Load(gradients + i);
                Vector<T> mean = meanMemory * Vector.Load(means + i) + meanWeight * gradient;
                Vector<T> square = squareMemory * Vector.Load(squares + i) + squareWeight * gradient * gradient;
                Vector<T> size = rootScale * Vector.SquareRoot(square) + epsilon;
                Vector.Store(mean, means + i);
                Vector.Store(square, squares + i);
                Vector.Store(decay * Vector.Load(parameters + i) - rate * mean / size, parameters + i);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void FollowMomentum(UpdateJob* job, Piece piece, T decay)
        {
            T* parameters = job->Parameters + piece.Offset, gradients = job->Gradients + piece.Offset;
            T* momenta = job->Mean + piece.Offset;
            T scale = job->GradientScale, memory = job->MeanMemory, rate = job->Rate;
            for (int i = 0; i < piece.Length; i += Vector<T>.Count)
            {
                Vector<T> momentum = memory * Vector.Load(momenta + i) + scale * Vector.Load(gradients + i);
                Vector.Store(momentum, momenta + i);
                Vector.Store(decay * Vector.Load(parameters + i) - rate * momentum, parameters + i);
            }
        }
    }
}
