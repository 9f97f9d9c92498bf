using Hybrid.Networks.Linear;
using Hybrid.Networks.Random;

namespace Hybrid.Networks.Tangents;

/// <summary>Tangents of several sequences, [K, S, n d] in double precision, and what becomes of them block after block.</summary>
internal sealed unsafe class SequenceFrames : IDisposable
{
    private readonly NativeBuffer<double> frame;
    private readonly int exponents, sequences, length;

    /// <summary>Takes the memory of K tangents of S sequences.</summary>
    /// <param name="exponents">K, from 1 to n d.</param>
    /// <param name="sequences">S ≥ 1.</param>
    /// <param name="length">n d.</param>
    internal SequenceFrames(int exponents, int sequences, long length)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(sequences, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(exponents, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(exponents, length);
        (this.exponents, this.sequences, this.length) = (exponents, sequences, checked((int)length));
        frame = new NativeBuffer<double>((Int128)exponents * sequences * length, $"{exponents} tangents of {sequences} sequences");
    }

    /// <summary>Tangent <paramref name="k"/> of every sequence, [S, n d].</summary>
    internal Span<double> this[int k] => frame.Span((long)k * sequences * length, checked(sequences * length));

    /// <summary>The same from sequence <paramref name="sequence"/> on.</summary>
    internal double* At(int k, int sequence) => frame.Pointer + ((long)k * sequences + sequence) * length;

    /// <summary>Draws the first tangents, orthonormal.</summary>
    internal void Start(ulong seed, RandomStream stream)
    {
        for (int k = 0; k < exponents; k++)
            Gaussian.Fill(this[k], stream.OfInput(seed, k), 0, 1);
        Span<double> ignored = new double[exponents];
        for (int sequence = 0; sequence < sequences; sequence++)
            TangentFrame.Orthonormalise(Of(sequence), ignored);
    }

    /// <summary>Orthonormalises every sequence's images and writes how much each grew, [sequence][k].</summary>
    internal void Orthonormalise(double[][] logarithms)
    {
        for (int sequence = 0; sequence < sequences; sequence++)
            TangentFrame.Orthonormalise(Of(sequence), logarithms[sequence]);
    }

    /// <summary>Room for what <see cref="Orthonormalise"/> writes, [block − 1][sequence][k].</summary>
    internal double[][][] Logarithms(int depth) =>
        [.. Enumerable.Range(0, depth).Select(_ => Enumerable.Range(0, sequences).Select(_ => new double[exponents]).ToArray())];

    /// <summary>Means over the sequences, [block − 1][k].</summary>
    internal ExponentEstimate[][] Estimates(double[][][] logarithms) =>
        [.. logarithms.Select(
            block => Enumerable.Range(0, exponents).Select(k => ExponentEstimate.Of(block.Select(row => row[k]))).ToArray())];

    /// <inheritdoc/>
    public void Dispose() => frame.Dispose();

    private MatrixView<double> Of(int sequence) => new(At(0, sequence), exponents, length, (nint)sequences * length, 1);
}
