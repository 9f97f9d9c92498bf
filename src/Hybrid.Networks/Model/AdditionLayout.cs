using Hybrid.Networks.Linear;

namespace Hybrid.Networks.Model;

/// <summary>
/// Where the vectors lie that published networks add and the record's have not: biases of matrices but W_1, whose bias the record
/// knows, and shifts behind gains. Block after block in one buffer.
/// </summary>
internal sealed class AdditionLayout
{
    private static readonly (MatrixBiases Flag, MatrixRole Role, string Name)[] Matrices =
    [
        (MatrixBiases.Query, MatrixRole.Query, "attention.query.bias"), (MatrixBiases.Key, MatrixRole.Key, "attention.key.bias"),
        (MatrixBiases.Value, MatrixRole.Value, "attention.value.bias"),
        (MatrixBiases.AttentionOut, MatrixRole.AttentionOut, "attention.out.bias"), (MatrixBiases.MlpUp, MatrixRole.MlpUp, "mlp.up.bias"),
        (MatrixBiases.MlpOut, MatrixRole.MlpOut, "mlp.out.bias"),
    ];

    private readonly Dictionary<MatrixRole, (long Offset, int Columns)> biases = [];
    private readonly Dictionary<GainRole, long> shifts = [];
    private readonly List<(string Name, long Offset, int Columns)> named = [];
    private readonly int width, depth;

    /// <summary>What a form adds to blocks of a layout.</summary>
    /// <param name="form">The form.</param>
    /// <param name="width">d.</param>
    /// <param name="blocks">Their matrices.</param>
    /// <param name="gains">Their gains.</param>
    /// <param name="nameOf">The name of a gain within its block.</param>
    internal AdditionLayout(ModelForm form, int width, ParameterLayout blocks, GainLayout gains, Func<GainRole, string> nameOf)
    {
        (this.width, depth) = (width, blocks.Depth);
        foreach ((MatrixBiases flag, MatrixRole role, string name) in Matrices)
        {
            if (form.Biases.HasFlag(flag) && blocks[role].Rows > 0)
                biases.Add(role, (Take(name, blocks[role].Columns), blocks[role].Columns));
        }

        foreach (GainRole role in form.Shifted ? gains.Roles.Where(role => role.Place <= GainPlace.Sum) : [])
            shifts.Add(role, Take(nameOf(role).Replace("gain", "shift", StringComparison.Ordinal), width));
    }

    /// <summary>Elements of all of them.</summary>
    internal Int128 Length => (Int128)BlockLength * depth;

    /// <summary>Elements from one block's to the next block's.</summary>
    internal long BlockLength { get; private set; }

    /// <summary>The longest vector of a matrix; 0 without biases.</summary>
    internal int LongestBias => biases.Count == 0 ? 0 : biases.Values.Max(bias => bias.Columns);

    /// <summary>Whether there are shifts.</summary>
    internal bool HasShifts => shifts.Count > 0;

    /// <summary>Every vector of block <paramref name="layer"/>, 1..depth: name within the block, first element, length.</summary>
    internal IEnumerable<(string Name, long Offset, int Columns)> Of(int layer) =>
        named.Select(item => (item.Name, (layer - 1) * BlockLength + item.Offset, item.Columns));

    /// <summary>The matrices that have a bias here.</summary>
    internal IEnumerable<MatrixRole> Biases => biases.Keys;

    /// <summary>The gains that have a shift behind them.</summary>
    internal IEnumerable<GainRole> Shifts => shifts.Keys;

    /// <summary>First element of a bias that exists, of block 1..depth.</summary>
    internal long Offset(int layer, MatrixRole role) => (layer - 1) * BlockLength + biases[role].Offset;

    /// <summary>First element of a shift that exists, of block 1..depth.</summary>
    internal long Offset(int layer, GainRole role) => (layer - 1) * BlockLength + shifts[role];

    /// <summary>The bias of a matrix as [1, columns], or without rows.</summary>
    internal unsafe MatrixView<T> Bias<T>(T* memory, int layer, MatrixRole role)
        where T : unmanaged => biases.TryGetValue(role, out (long Offset, int Columns) bias)
            ? new(memory + Offset(layer, role), 1, bias.Columns)
            : default;

    /// <summary>The shift behind a gain as [1, d], or without rows.</summary>
    internal unsafe MatrixView<T> Shift<T>(T* memory, int layer, GainRole role)
        where T : unmanaged => shifts.ContainsKey(role) ? new(memory + Offset(layer, role), 1, width) : default;

    private long Take(string name, int columns)
    {
        long offset = BlockLength;
        named.Add((name, offset, columns));
        BlockLength += (long)Slot.Padded(columns);
        return offset;
    }
}

/// <summary>The added vectors of all blocks, or their gradients, in memory that somebody else owns. The default has none.</summary>
internal readonly unsafe struct BlockAdditions<T>(T* memory, AdditionLayout? layout)
    where T : unmanaged
{
    private readonly T* memory = memory;

    /// <summary>Where they lie; null where there are none.</summary>
    internal AdditionLayout? Layout { get; } = layout;

    /// <summary>The bias of a matrix of block <paramref name="layer"/>: [1, columns], or without rows.</summary>
    internal MatrixView<T> Bias(int layer, MatrixRole role) => Layout is null ? default : Layout.Bias(memory, layer, role);

    /// <summary>The shift behind a gain of block <paramref name="layer"/>: [1, d], or without rows.</summary>
    internal MatrixView<T> Shift(int layer, GainRole role) => Layout is null ? default : Layout.Shift(memory, layer, role);
}
