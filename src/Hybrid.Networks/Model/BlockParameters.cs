using Hybrid.Networks.Linear;

namespace Hybrid.Networks.Model;

/// <summary>
/// The parameters of all blocks, or one number per parameter such as its gradient, in memory that somebody else owns.
/// </summary>
internal readonly unsafe struct BlockParameters<T>
    where T : unmanaged
{
    private readonly T* matrices;
    private readonly T* gains;
    private readonly ParameterLayout layout;
    private readonly GainLayout gainLayout;

    /// <summary>Matrices laid out from <paramref name="matrices"/> on, gains from <paramref name="gains"/> on.</summary>
    internal BlockParameters(T* matrices, ParameterLayout layout, T* gains, GainLayout gainLayout)
    {
        this.matrices = matrices;
        this.layout = layout;
        this.gains = gains;
        this.gainLayout = gainLayout;
    }

    /// <summary>The matrix <paramref name="role"/> of block <paramref name="layer"/>, 1..depth, as [in, out].</summary>
    internal MatrixView<T> Matrix(int layer, MatrixRole role) =>
        new(matrices + layout.Offset(layer, role), layout[role].Rows, layout[role].Columns);

    /// <summary>
    /// The part of <paramref name="role"/> that MLP number <paramref name="mlp"/> of the block has, where all have one below the other.
    /// </summary>
    internal MatrixView<T> Matrix(int layer, MatrixRole role, int mlp)
    {
        int rows = layout[role].Rows / layout.Mlps;
        return Matrix(layer, role).Slice(rows * mlp, 0, rows, layout[role].Columns);
    }

    /// <summary>The gain <paramref name="role"/> of block <paramref name="layer"/> as a row, or without rows where there is none.</summary>
    internal MatrixView<T> Gain(int layer, GainRole role) => gainLayout.Has(role)
        ? new(gains + gainLayout.Offset(layer, role), 1, gainLayout.LengthOf(role))
        : default;
}
