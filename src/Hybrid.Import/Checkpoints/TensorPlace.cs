using Hybrid.Networks.Linear;
using Hybrid.Networks.Training;

namespace Hybrid.Import.Checkpoints;

/// <summary>A contiguous part of a stored tensor's outputs and the columns of one target that they are.</summary>
/// <param name="Output">First output of the stored tensor.</param>
/// <param name="Target">Number of the target.</param>
/// <param name="Column">First column of it.</param>
/// <param name="Count">How many.</param>
internal readonly record struct OutputRun(int Output, int Target, int Column, int Count);

/// <summary>One stored tensor, with the parameters that it becomes and how.</summary>
/// <param name="Tensor">Name and shape in the file.</param>
/// <param name="Row">Its row of the table.</param>
/// <param name="Targets">Parameters of the engine.</param>
/// <param name="Runs">Of matrices and vectors, which output goes where.</param>
/// <param name="Factor">What entries are multiplied by, after <paramref name="Added"/>.</param>
/// <param name="Added">What is added to them first.</param>
/// <param name="FirstRow">Of tables, the row of token or position 0.</param>
internal sealed record TensorPlace(
    NamedTensor Tensor, TensorRow Row, NamedTensor[] Targets, OutputRun[] Runs, float Factor, float Added, int FirstRow)
{
    private const int Piece = 1 << 20;

    // Entries of a stored row: a vector is one column of outputs.
    private int Columns => Tensor.Shape.Length < 2 ? 1 : Tensor.Shape[1];

    /// <summary>Copies the tensor out of its file into a network, some rows at a time: of so many entries, or one.</summary>
    public void Load(CheckpointFiles files, IObservedNetwork network, int entries = Piece)
    {
        MatrixView<float>[] targets = [.. Targets.Select(target => network.Matrix(target.Name))];
        int rows = Row.As == StoredAs.Segment ? 1
            : Row.As == StoredAs.Rows ? Math.Min(Tensor.Shape[0], FirstRow + targets[0].Rows)
            : Tensor.Shape[0];
        int some = Math.Clamp(entries / Math.Max(1, Columns), 1, Math.Max(1, rows));
        float[] buffer = new float[some * Columns];
        for (int first = 0; first < rows; first += some)
        {
            int count = Math.Min(some, rows - first);
            Span<float> piece = buffer.AsSpan(0, count * Columns);
            files.Read(Tensor, (long)first * Columns, piece);
            for (int i = 0; i < piece.Length; i++)
                piece[i] = (piece[i] + Added) * Factor;
            Place(piece, first, count, targets);
        }
    }

    /// <summary>Entries [offset, offset + destination.Length) of the stored tensor, out of a network's parameters.</summary>
    public void Store(IObservedNetwork network, long offset, Span<float> destination)
    {
        MatrixView<float>[] targets = [.. Targets.Select(target => network.Matrix(target.Name))];
        for (int k = 0; k < destination.Length; k++)
        {
            (int row, int column) = ((int)((offset + k) / Columns), (int)((offset + k) % Columns));
            float value = Row.As switch
            {
                StoredAs.Segment => 0,
                StoredAs.Rows => row < FirstRow ? 0 : targets[0].Row(row - FirstRow)[column],
                StoredAs.InOut => Output(targets, column, row),
                StoredAs.OutIn => Output(targets, row, column),
                _ => Output(targets, row, 0),
            };
            destination[k] = value / Factor - Added;
        }
    }

    private float Output(MatrixView<float>[] targets, int output, int input)
    {
        foreach (OutputRun run in Runs)
        {
            if (output >= run.Output && output < run.Output + run.Count)
                return targets[run.Target].Row(input)[run.Column + output - run.Output];
        }

        throw new InvalidOperationException($"{Tensor.Name} has no output {output}");
    }

    private void Place(ReadOnlySpan<float> piece, int first, int count, MatrixView<float>[] targets)
    {
        int columns = Columns;
        switch (Row.As)
        {
            case StoredAs.Rows:
                for (int row = Math.Max(first, FirstRow); row < first + count; row++)
                    piece.Slice((row - first) * columns, columns).CopyTo(targets[0].Row(row - FirstRow));
                break;
            case StoredAs.Segment:
                for (int row = 0; row < targets[0].Rows; row++)
                {
                    Span<float> target = targets[0].Row(row);
                    for (int k = 0; k < columns; k++)
                        target[k] += piece[k];
                }

                break;
            case StoredAs.InOut:
                foreach (OutputRun run in Runs)
                {
                    for (int row = 0; row < count; row++)
                        piece.Slice(row * columns + run.Output, run.Count).CopyTo(targets[run.Target].Row(first + row)[run.Column..]);
                }

                break;
            default:
                foreach (OutputRun run in Runs)
                {
                    int begin = Math.Max(first, run.Output), end = Math.Min(first + count, run.Output + run.Count);
                    for (int input = 0; input < columns && begin < end; input++)
                    {
                        Span<float> target = targets[run.Target].Row(input)[(run.Column + begin - run.Output)..];
                        for (int output = begin; output < end; output++)
                            target[output - begin] = piece[(output - first) * columns + input];
                    }
                }

                break;
        }
    }
}
