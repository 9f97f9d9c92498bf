using System.Numerics;
using Hybrid.Networks.Blocks;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Random;

namespace Hybrid.Networks.Engines.Conditioned;

/// <summary>
/// From a stream whose vectors have all d coordinates to the span that a module sees, and back, in the precision of the module:
/// z = L U, f = σ L' Φ' with normal Φ': [rank, d], and backwards h Φ'ᵀ and (12.5) with z for the rows that a matrix has seen.
/// </summary>
internal sealed unsafe class StreamVectors<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly ModuleScratch<T> scratch;
    private readonly SpannedRows<T> inputs;

    internal StreamVectors(ModuleScratch<T> scratch) => (this.scratch, inputs) = (scratch, new SpannedRows<T>(scratch));

    private static bool IsSingle => typeof(T) == typeof(float);

    /// <summary>z, in the precision of the module, and its L; false where the storage does not resolve it.</summary>
    internal bool Enter(SublayerState at, Placement<double> placement)
    {
        RowSpan<T> span = at.InputSpan<T>();
        MatrixView<T> rows = SpannedRows<T>.Destination(span, Same(at.Seen));
        if (IsSingle)
        {
            EnterJob job = new() { At = placement, Norm = placement.Normalisation.InOwnPrecision(), Rows = rows };
            scratch.Pool.Run(&EnterJob.Run, &job);
        }
        else
        {
            scratch.Pool.Run(&Placement<double>.Enter, &placement);
        }

        bool resolved = inputs.Take(span, rows, out int rank);
        at.InputRank = rank;
        return resolved;
    }

    /// <summary>f, [n, d].</summary>
    internal void Leave(SublayerState at, in RandomKey key, double deviation, MatrixView<double> branch)
    {
        MatrixView<T> images = Images(at), made = IsSingle ? scratch.Vectors : Same(branch);
        MatrixView<double> factor = at.OutputFactor.Slice(0, 0, branch.Rows, at.OutputRank);
        MatrixView<T> narrow = scratch.Small(StorageMatrix.OutputFactor, factor.Rows, factor.Columns);
        scratch.Draw(images, key, 1);
        Precision.Narrow(factor, narrow);
        scratch.Product.Multiply(narrow, images, made, T.CreateChecked(deviation));
        if (IsSingle)
            Precision.Widen(made, branch);
    }

    /// <summary>K = σ h Φ'ᵀ: [n, rank], h: [n, d].</summary>
    internal void Known(SublayerState at, MatrixView<double> gradient, double deviation, MatrixView<double> result)
    {
        MatrixView<T> rows = IsSingle ? scratch.Vectors : Same(gradient);
        MatrixView<T> narrow = scratch.Small(StorageMatrix.KnownByImages, result.Rows, result.Columns);
        if (IsSingle)
            Precision.Narrow(gradient, rows);
        scratch.Product.Multiply(rows, Images(at).Transposed, narrow, T.CreateChecked(deviation));
        Precision.Widen(narrow, result);
    }

    /// <summary>The gradient at z, [n, d], of its part along z and the covariance of its rows off it; both overwritten.</summary>
    internal void Recover(
        SublayerState at, MatrixView<double> covariance, MatrixView<double> along, in RandomKey key, MatrixView<double> result)
    {
        int n = result.Rows;
        MatrixView<double> factor = scratch.Small(SmallMatrix.OffInputFactor, n, n);
        int rank = scratch.Factor(covariance, n, factor, IsSingle ? Precision.SingleRounding : Precision.Rounding);
        MatrixView<T> noise = scratch.Noise(rank, result.Columns), made = IsSingle ? scratch.Vectors : Same(result);
        scratch.Draw(noise, key, 1);
        inputs.Recover(at.InputSpan<T>(), at.InputRank, factor.Slice(0, 0, n, rank), along, noise, made);
        if (IsSingle)
            Precision.Widen(made, result);
    }

    private static MatrixView<T> Images(SublayerState at)
    {
        MatrixView<T> images = at.OutputImages<T>();
        return images.Slice(0, 0, at.OutputRank, images.Columns);
    }

    // In double precision vectors need no copy.
    private static MatrixView<T> Same(MatrixView<double> vectors) =>
        new((T*)vectors.Data, vectors.Rows, vectors.Columns, vectors.RowStride, vectors.ColumnStride);

    // z as the span takes it and as the placement keeps it.
    private struct EnterJob
    {
        public Placement<double> At;
        public Normalisation Norm;
        public MatrixView<T> Rows;

        public static void Run(EnterJob* job, int worker, int threads)
        {
            (int start, int end) = WorkerPool.Share(job->Rows.Rows, worker, threads);
            for (int row = start; row < end; row++)
            {
                MatrixView<T> z = job->Rows.Slice(row, 0, 1, job->Rows.Columns);
                Precision.Narrow(job->At.Stream.Slice(row, 0, 1, z.Columns), z);
                if (job->At.NormalisesInput)
                    job->Norm.Forward(z.Data, z.Data, z.Columns);
                Precision.Widen(z, job->At.Input.Slice(row, 0, 1, z.Columns));
            }
        }
    }
}
