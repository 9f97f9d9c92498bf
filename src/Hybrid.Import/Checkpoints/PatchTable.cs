using Hybrid.Import.Json;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Random;
using Hybrid.Networks.Training;

namespace Hybrid.Import.Checkpoints;

/// <summary>
/// What enters a vision transformer, as the table of tokens that the engines have: row 0 is the vector of the class, row r ≥ 1 the patch
/// W x_r + b of pixels x_r. Its tensors have more sides than those of other families.
/// </summary>
internal static class PatchTable
{
    private const string Class = "^embeddings.cls_token", Positions = "^embeddings.position_embeddings",
        Projection = "^embeddings.patch_embeddings.projection.weight", Bias = "^embeddings.patch_embeddings.projection.bias";

    /// <summary>The tensors that it is made of, and the table of positions.</summary>
    public static readonly string[] Stored = [Class, Positions, Projection, Bias];

    /// <summary>Draws a patch of pixels, independent and of unit variance as the theory takes them.</summary>
    /// <param name="seed">Names all of them.</param>
    /// <param name="patch">From 0.</param>
    /// <param name="pixels">Of a patch, all of its colours.</param>
    public static float[] Draw(ulong seed, int patch, int pixels)
    {
        float[] drawn = new float[pixels];
        Gaussian.Fill(drawn, RandomStream.Pixels.OfInput(seed, patch), 0, 1);
        return drawn;
    }

    /// <summary>Writes the tables of tokens and positions.</summary>
    /// <param name="files">The checkpoint.</param>
    /// <param name="root">What names begin with.</param>
    /// <param name="network">Where to.</param>
    /// <param name="inputs">Pixels of a patch.</param>
    /// <param name="pixels">Those of patch 0, 1, ….</param>
    /// <exception cref="InputException">A tensor is missing or of another size.</exception>
    public static void Load(CheckpointFiles files, string root, IObservedNetwork network, int inputs, Func<int, float[]> pixels)
    {
        MatrixView<float> tokens = network.Matrix("token.embedding"), positions = network.Matrix("position.embedding");
        int width = tokens.Columns;
        Read(Class, width).CopyTo(tokens.Row(0));
        float[] places = Read(Positions, (long)positions.Rows * width);
        float[] projection = Read(Projection, (long)width * inputs), bias = Read(Bias, width);
        for (int row = 0; row < positions.Rows; row++)
            places.AsSpan(row * width, width).CopyTo(positions.Row(row));
        for (int patch = 0; patch < tokens.Rows - 1; patch++)
        {
            float[] x = pixels(patch);
            for (int k = 0; k < width; k++)
            {
                double sum = bias[k];
                for (int pixel = 0; pixel < inputs; pixel++)
                    sum += (double)projection[k * inputs + pixel] * x[pixel];
                tokens.Row(patch + 1)[k] = (float)sum;
            }
        }

        float[] Read(string pattern, long length)
        {
            string name = pattern.Replace("^", root, StringComparison.Ordinal);
            NamedTensor tensor = files.Find(name) ?? throw new InputException($"tensors are missing: {name}");
            if (tensor.Length != length)
            {
                throw new InputException(
                    $"tensor '{name}' is [{string.Join(", ", tensor.Shape)}], and the configuration asks for {length} entries");
            }

            float[] entries = new float[length];
            files.Read(tensor, 0, entries);
            return entries;
        }
    }
}
