using System.Numerics;
using Hybrid.Architectures;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Model;
using Hybrid.Networks.Random;

namespace Hybrid.Networks.Training;

/// <summary>
/// The parameters before the first step. Blocks are those of network (seed, 0); gains are the record's, those of queries and keys
/// each the root of σ_A, of which they are the factors. Entries of E are
/// N(0, (1 − ρ₀) q₀/2), those of P the same plus one vector N(0, ρ₀ q₀) common to all positions: an embedded token has the
/// squared norm q₀ per coordinate and the overlap ρ₀ q₀ with a different token at another position, as the theory is told.
/// </summary>
internal static unsafe class InitialState
{
    /// <summary>Variance of an entry of E, (1 − ρ₀) q₀/2.</summary>
    internal static double EmbeddingVariance(ModelOptions model)
    {
        InputParameters input = model.Architecture.Input;
        return (1 - input.Correlation) * input.Norm / 2;
    }

    /// <summary>Writes all parameters.</summary>
    internal static void Draw<T>(ModelOptions model, ModelLayout layout, NativeBuffer<T> parameters, ulong seed, WorkerPool pool)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Architecture architecture = model.Architecture;
        int d = architecture.Width;
        double deviation = Math.Sqrt(EmbeddingVariance(model));
        Fill(parameters.Pointer + layout.TokenEmbedding, (long)model.EmbeddedTokens * d, seed, RandomStream.TokenEmbedding, deviation);
        MatrixView<T> positions = parameters.Matrix(layout.PositionEmbedding, architecture.Tokens, d);
        Fill(positions.Data, (long)architecture.Tokens * d, seed, RandomStream.PositionEmbedding, deviation);
        T[] common = new T[d];
        fixed (T* shared = common)
        {
            Fill(shared, d, seed, RandomStream.CommonEmbedding, Math.Sqrt(architecture.Input.Correlation * architecture.Input.Norm));
            for (int row = 0; row < positions.Rows; row++)
            {
                T* position = positions.Data + row * positions.RowStride;
                RowMath.Combine(T.One, position, T.One, shared, position, d);
            }
        }

        for (int layer = 1; layer <= architecture.Depth; layer++)
        {
            T* block = parameters.Pointer + layout.FirstBlock + (layer - 1) * layout.Blocks.BlockLength;
            WeightDraw<T> draw = new(layout.Blocks, block, seed, sample: 0, layer);
            pool.Run(&WeightDraw<T>.Fill, &draw);
        }

        FillGains(architecture, layout.Gains, parameters.Span(layout.FirstGain, (int)layout.Gains.Length));
        if (layout.HasFinalNormalisation)
            parameters.Span(layout.FinalGain, d).Fill(T.One);
        foreach (long gain in (long[])[layout.EmbeddingGain, layout.HeadGain])
        {
            if (gain >= 0)
                parameters.Span(gain, d).Fill(T.One);
        }

        if (layout.Transform >= 0)
            Fill(parameters.Pointer + layout.Transform, (long)d * d, seed, RandomStream.HeadTransform, 1 / Math.Sqrt(d));
        if (!model.Tied)
        {
            Fill(
                parameters.Pointer + layout.Unembedding, (long)d * model.Vocabulary, seed,
                RandomStream.Unembedding, model.LogitStd / Math.Sqrt(d));
        }
    }

    /// <summary>Writes the gains of all blocks.</summary>
    internal static void FillGains<T>(Architecture architecture, GainLayout layout, Span<T> gains)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        for (int layer = 1; layer <= architecture.Depth; layer++)
        {
            foreach (GainRole role in layout.Roles)
            {
                double gain = role.Place is GainPlace.Query or GainPlace.Key
                    ? Math.Sqrt(architecture.Attention.LogitStd)
                    : architecture.NormGain.At(layer);
                gains.Slice((int)layout.Offset(layer, role), layout.LengthOf(role)).Fill(T.CreateChecked(gain));
            }
        }
    }

    private static void Fill<T>(T* destination, long length, ulong seed, RandomStream stream, double deviation)
        where T : unmanaged
    {
        const int Piece = 1 << 14;
        RandomKey key = stream.OfInput(seed, 0);
        for (long start = 0; start < length; start += Piece)
        {
            int count = (int)Math.Min(Piece, length - start);
            if (typeof(T) == typeof(float))
                Gaussian.Fill(new Span<float>(destination + start, count), key, start, (float)deviation);
            else
                Gaussian.Fill(new Span<double>(destination + start, count), key, start, deviation);
        }
    }
}
