using Hybrid.Architectures;
using Hybrid.Networks.Linear;

namespace Hybrid.Networks.Model;

/// <summary>One matrix of every block: its place within the block and its initial distribution N(0, σ²).</summary>
/// <param name="Role">Which matrix.</param>
/// <param name="Offset">Elements from the start of the block's parameters.</param>
/// <param name="Rows">Coordinates that enter: y = x W.</param>
/// <param name="Columns">Coordinates that leave.</param>
/// <param name="StandardDeviation">σ of the initial entries.</param>
public readonly record struct ParameterBlock(MatrixRole Role, long Offset, int Rows, int Columns, double StandardDeviation);

/// <summary>
/// Where every parameter of a network lies in one contiguous buffer: block after block, and within a block the matrices
/// in the order of <see cref="MatrixRole"/>, each row-major as [in, out] and starting on a cache line. Whatever has one
/// number per parameter (gradients, moments of an optimiser) uses the same layout.
/// </summary>
public sealed class ParameterLayout
{
    private readonly ParameterBlock[] blocks;

    /// <summary>The layout of <paramref name="architecture"/> with the initial scales of derivation section 1.</summary>
    public ParameterLayout(Architecture architecture)
    {
        int d = architecture.Width, hidden = architecture.MlpWidth;
        int headWidth = ArchitectureModule.HeadWidth(architecture);
        int queries = architecture.Heads * headWidth, keys = ArchitectureModule.KeyValueHeads(architecture) * headWidth;
        double logit = Math.Sqrt(architecture.Attention.LogitStd / d);
        double value = Math.Sqrt(architecture.Attention.ValueStd / d);
        double entering = architecture.Mlp.InStd / Math.Sqrt(d);
        double leaving = architecture.Mlp.OutStd / Math.Sqrt(hidden);
        blocks = new ParameterBlock[Enum.GetValues<MatrixRole>().Length];
        Place(MatrixRole.Query, d, queries, logit);
        Place(MatrixRole.Key, d, keys, logit);
        Place(MatrixRole.Value, d, keys, value);
        Place(MatrixRole.AttentionOut, queries, d, Math.Sqrt(architecture.Attention.ValueStd / queries));
        Experts? experts = architecture.Mlp.Experts?.Value;
        Mlps = experts?.Mlps ?? 1;
        Place(MatrixRole.MlpIn, d, hidden, entering, Mlps);
        Place(MatrixRole.MlpBias, 1, hidden, architecture.Mlp.BiasStd, Mlps);
        Place(MatrixRole.MlpUp, architecture.Gated ? d : 0, hidden, entering, Mlps);
        Place(MatrixRole.MlpOut, hidden, d, leaving, Mlps);
        Place(MatrixRole.Router, experts is null ? 0 : d, experts?.Count ?? 0, (experts?.RouterStd ?? 0) / Math.Sqrt(d));
        Depth = architecture.Depth;
    }

    /// <summary>
    /// Refuses an architecture whose weights cannot be drawn in single precision: the standard deviation of a matrix is beyond 3.4e38.
    /// </summary>
    /// <param name="who">Who draws them, for the message: "engine dense".</param>
    /// <param name="architecture">Must be legal.</param>
    /// <param name="roles">The matrices that are drawn in single precision.</param>
    /// <returns>The architecture.</returns>
    /// <exception cref="InvalidArchitectureException">A standard deviation is too large; the error names its field.</exception>
    public static Architecture EnsureSingle(string who, Architecture architecture, params ReadOnlySpan<MatrixRole> roles)
    {
        ParameterLayout layout = new(architecture);
        foreach (MatrixRole role in roles)
        {
            if (layout[role].StandardDeviation <= float.MaxValue)
                continue;
            throw new InvalidArchitectureException(architecture.Name,
            [
                new ValidationError(
                    role.Field(), $"{layout[role].StandardDeviation:R} as the standard deviation of a weight",
                    $"one of at most {float.MaxValue:R} with {who}, which draws in single precision"),
            ]);
        }

        return architecture;
    }

    /// <summary>Multilayer perceptrons of a block: one, or its experts and the one that all tokens share.</summary>
    public int Mlps { get; }

    /// <summary>L, blocks in the network.</summary>
    public int Depth { get; }

    /// <summary>Elements from one block's parameters to the next block's.</summary>
    public long BlockLength { get; private set; }

    /// <summary>Elements of the whole network.</summary>
    public Int128 Length => (Int128)BlockLength * Depth;

    /// <summary>The matrices of one block.</summary>
    public ReadOnlySpan<ParameterBlock> Blocks => blocks;

    /// <summary>The matrix <paramref name="role"/> of any block.</summary>
    public ParameterBlock this[MatrixRole role] => blocks[(int)role];

    /// <summary>First element of <paramref name="role"/> in block <paramref name="layer"/>, 1..depth.</summary>
    public long Offset(int layer, MatrixRole role) => (layer - 1) * BlockLength + blocks[(int)role].Offset;

    // Several of a role stand one below the other.
    private void Place(MatrixRole role, int rows, int columns, double standardDeviation, int count = 1)
    {
        rows = checked(rows * count);
        blocks[(int)role] = new ParameterBlock(role, BlockLength, rows, columns, standardDeviation);
        BlockLength += (long)Slot.Padded((long)rows * columns);
    }
}
