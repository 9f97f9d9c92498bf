namespace Hybrid.Networks.Training;

/// <summary>
/// One parameter, or one number of the optimiser per entry of a parameter, in single precision. Names and shapes are the
/// same for every engine, so that what one engine saved another resumes: "token.embedding" [V, d], "position.embedding"
/// [n, d], "blocks.3.attention.query" [d, d], …, "unembedding" [d, V]. Matrices are [in, out]: y = x W.
/// </summary>
/// <param name="Name">Unique within a network; blocks count from 1.</param>
/// <param name="Shape">Row-major.</param>
public sealed record NamedTensor(string Name, int[] Shape)
{
    /// <summary>Number of entries.</summary>
    public long Length => Shape.Aggregate(1L, (product, side) => product * side);
}
