using Hybrid.Architectures;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Model;
using Hybrid.Networks.Training;

namespace Hybrid.Lab.Probes;

/// <summary>Measures a pass of a probed network layer by layer, position 0 and padding apart.</summary>
internal sealed class ProbeMeter : IPassObserver<float>
{
    private readonly bool[] _counted;
    private readonly int _tokens;
    private readonly Architecture _architecture;
    private readonly ProbeBoundary[] _boundaries;
    private readonly ProbeBranch[] _attention, _mlp;
    private readonly ProbeAttention[] _heads;
    private float[] _before = [];

    public ProbeMeter(Architecture architecture, ProbeInput input)
    {
        (_architecture, _counted, _tokens) = (architecture, input.Counted, input.Batch.Tokens);
        _boundaries = new ProbeBoundary[architecture.Depth + 1];
        _attention = new ProbeBranch[architecture.Depth];
        _mlp = new ProbeBranch[architecture.Depth];
        _heads = new ProbeAttention[architecture.Depth];
        Input = new double[input.Batch.Sequences][];
    }

    /// <summary>[0..depth].</summary>
    public IReadOnlyList<ProbeBoundary> Boundaries => _boundaries;

    /// <summary>[block − 1].</summary>
    public IReadOnlyList<ProbeBranch> Attention => _attention;

    /// <summary>[block − 1].</summary>
    public IReadOnlyList<ProbeBranch> Mlp => _mlp;

    /// <summary>[block − 1].</summary>
    public IReadOnlyList<ProbeAttention> Heads => _heads;

    /// <summary>x_i·x_j/d of the embedded tokens of every sequence, [n, n] row-major.</summary>
    public double[][] Input { get; }

    /// <inheritdoc/>
    public PassStages Stages =>
        PassStages.Stream | PassStages.Middle | PassStages.Added | PassStages.Probabilities | PassStages.Gradient;

    /// <inheritdoc/>
    public void Stream(int layer, MatrixView<float> stream)
    {
        _boundaries[layer] = Boundary(stream, layer == 0);
        Remember(stream);
    }

    /// <inheritdoc/>
    public void Middle(int layer, MatrixView<float> stream) => Remember(stream);

    /// <inheritdoc/>
    public void Added(int layer, ModuleKind module, MatrixView<float> added)
    {
        double square = 0, cosines = 0;
        int count = 0;
        for (int i = 0; i < added.Rows; i++)
        {
            if (!_counted[i])
                continue;
            Span<float> f = added.Row(i);
            ReadOnlySpan<float> x = _before.AsSpan(i * added.Columns, added.Columns);
            double ff = Dot(f, f), xx = Dot(x, x);
            square += ff;
            cosines += ff > 0 && xx > 0 ? Dot(x, f) / Math.Sqrt(ff * xx) : 0;
            count++;
        }

        (module == ModuleKind.Attention ? _attention : _mlp)[layer - 1] = new(square / ((double)count * added.Columns), cosines / count);
    }

    /// <inheritdoc/>
    public void Probabilities(int layer, MatrixView<float> probabilities)
    {
        double entropy = 0, participation = 0, first = 0, allowed = 0;
        int count = 0, heads = _architecture.Heads;
        Mask mask = _architecture.Mask.At(layer);
        for (int i = 0; i < probabilities.Rows; i++)
        {
            int token = i % _tokens, sequence = i / (_tokens * heads);
            if (!_counted[sequence * _tokens + token])
                continue;
            double square = 0;
            int seen = 0;
            Span<float> row = probabilities.Row(i);
            for (int j = 0; j < row.Length; j++)
            {
                double a = row[j];
                entropy -= a > 0 ? a * Math.Log(a) : 0;
                square += a * a;
                seen += mask.Allows(token, j) ? 1 : 0;
            }

            participation += square > 0 ? 1 / square : 0;
            first += row[0];
            allowed += Math.Log(seen);
            count++;
        }

        _heads[layer - 1] = new(entropy / count, participation / count, first / count, allowed / count);
    }

    /// <inheritdoc/>
    public void Gradient(int layer, MatrixView<float> gradient)
    {
        double square = 0;
        for (int i = 0; i < gradient.Rows; i++)
            square += Dot(gradient.Row(i), gradient.Row(i));
        _boundaries[layer] = _boundaries[layer] with { Gradient = Math.Sqrt(square) };
    }

    private static double Dot(ReadOnlySpan<float> x, ReadOnlySpan<float> y)
    {
        double sum = 0;
        for (int k = 0; k < x.Length; k++)
            sum += (double)x[k] * y[k];
        return sum;
    }

    private ProbeBoundary Boundary(MatrixView<float> stream, bool isInput)
    {
        int d = stream.Columns, sequences = stream.Rows / _tokens;
        double square = 0, first = 0, pairs = 0, rank = 0, coordinates = 0, largestNorm = 0;
        double[] sums = new double[d], squares = new double[d];
        int count = 0;
        for (int sequence = 0; sequence < sequences; sequence++)
        {
            int[] rows = [.. Enumerable.Range(sequence * _tokens, _tokens).Where(row => _counted[row])];
            first += Dot(stream.Row(sequence * _tokens), stream.Row(sequence * _tokens));
            for (int i = 0; i < _tokens; i++)
                largestNorm = Math.Max(largestNorm, Dot(stream.Row(sequence * _tokens + i), stream.Row(sequence * _tokens + i)));
            double[] mean = new double[d];
            foreach (int row in rows)
            {
                Span<float> x = stream.Row(row);
                double sum = 0, own = 0;
                for (int k = 0; k < d; k++)
                {
                    double value = x[k];
                    (sum, own) = (sum + value, own + value * value);
                    mean[k] += value / rows.Length;
                    (sums[k], squares[k]) = (sums[k] + value, squares[k] + value * value);
                }

                square += own;
                coordinates += own / d - sum / d * (sum / d);
            }

            // q − p = m/(m − 1) mean ‖x − x̄‖²/d, from differences: u keeps its digits near collapse.
            double spread = 0;
            foreach (int row in rows)
            {
                Span<float> x = stream.Row(row);
                for (int k = 0; k < d; k++)
                    spread += (x[k] - mean[k]) * (x[k] - mean[k]);
            }

            pairs += rows.Length > 1 ? spread * rows.Length / (rows.Length - 1.0) : 0;
            rank += EffectiveRank(stream, rows) / sequences;
            count += rows.Length;
            if (isInput)
                Input[sequence] = Gram(stream, sequence);
        }

        double variance = 0;
        for (int k = 0; k < d; k++)
            variance += squares[k] / count - sums[k] / count * (sums[k] / count);
        (double largest, double median, (int, int) at) = Sizes(stream);
        return new(
            square / count / d, first / sequences / d, square > 0 ? pairs / square : 0, coordinates / count, variance / d, rank, largest,
            median, at, Math.Sqrt(largestNorm), double.NaN);
    }

    private double[] Gram(MatrixView<float> stream, int sequence)
    {
        double[] gram = new double[_tokens * _tokens];
        for (int i = 0; i < _tokens; i++)
        {
            for (int j = 0; j <= i; j++)
            {
                gram[i * _tokens + j] = gram[j * _tokens + i] =
                    Dot(stream.Row(sequence * _tokens + i), stream.Row(sequence * _tokens + j)) / stream.Columns;
            }
        }

        return gram;
    }

    private static double EffectiveRank(MatrixView<float> stream, int[] rows)
    {
        double trace = 0, squares = 0;
        for (int i = 0; i < rows.Length; i++)
        {
            double own = Dot(stream.Row(rows[i]), stream.Row(rows[i]));
            trace += own;
            squares += own * own;
            for (int j = 0; j < i; j++)
            {
                double product = Dot(stream.Row(rows[i]), stream.Row(rows[j]));
                squares += 2 * product * product;
            }
        }

        return squares > 0 ? trace * trace / squares : 0;
    }

    private (double Largest, double Median, (int Position, int Coordinate) At) Sizes(MatrixView<float> stream)
    {
        float[] sizes = new float[stream.Rows * stream.Columns];
        (int Position, int Coordinate) at = (0, 0);
        float largest = -1;
        for (int i = 0; i < stream.Rows; i++)
        {
            Span<float> row = stream.Row(i);
            for (int k = 0; k < row.Length; k++)
            {
                float size = Math.Abs(row[k]);
                sizes[i * row.Length + k] = size;
                if (size > largest)
                    (largest, at) = (size, (i % _tokens, k));
            }
        }

        Array.Sort(sizes);
        return (largest, sizes[sizes.Length / 2], at);
    }

    private void Remember(MatrixView<float> stream)
    {
        int length = checked(stream.Rows * stream.Columns);
        if (_before.Length < length)
            _before = new float[length];
        for (int i = 0; i < stream.Rows; i++)
            stream.Row(i).CopyTo(_before.AsSpan(i * stream.Columns));
    }
}
