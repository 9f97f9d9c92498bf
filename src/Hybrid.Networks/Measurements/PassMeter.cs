using Hybrid.Architectures;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Model;
using Hybrid.Networks.Training;

namespace Hybrid.Networks.Measurements;

/// <summary>Measures everything of one pass that <see cref="PassMeasurement"/> holds. One meter serves any number of passes.</summary>
public sealed class PassMeter : IPassObserver<float>
{
    private readonly int tokens, depth;
    private readonly StreamMeasures[] streams;
    private readonly (double Diagonal, double OffDiagonal)[] gradients;
    private readonly BranchMeasures[] attention, mlp;
    private readonly double[] entropy;
    private float[] before = [];
    private bool backward;

    /// <summary>A meter for networks with the blocks of <paramref name="architecture"/>.</summary>
    public PassMeter(Architecture architecture)
    {
        (tokens, depth) = (architecture.Tokens, architecture.Depth);
        streams = new StreamMeasures[depth + 1];
        gradients = new (double, double)[depth + 1];
        attention = new BranchMeasures[depth];
        mlp = new BranchMeasures[depth];
        entropy = new double[depth];
    }

    /// <summary>What the last pass showed.</summary>
    public PassMeasurement Measurement => new(
        [.. streams], backward ? [.. gradients] : [], [.. attention], [.. mlp], [.. entropy]);

    /// <inheritdoc/>
    public PassStages Stages =>
        PassStages.Stream | PassStages.Middle | PassStages.Added | PassStages.Probabilities | PassStages.Gradient;

    /// <inheritdoc/>
    public void Stream(int layer, MatrixView<float> stream)
    {
        backward = false;
        (double q, double p, double difference) = SequenceSums.Of(stream, tokens);
        double absolute = 0, coordinateVariance = 0, largest = 0;
        double[] sums = new double[stream.Columns], squares = new double[stream.Columns];
        for (int i = 0; i < stream.Rows; i++)
        {
            double sum = 0, square = 0;
            Span<float> row = stream.Row(i), first = stream.Row(0);
            for (int k = 0; k < row.Length; k++)
            {
                double x = row[k], shifted = x - first[k];
                absolute += Math.Abs(x);
                sum += x;
                square += x * x;
                sums[k] += shifted;
                squares[k] += shifted * shifted;
            }

            double mean = sum / row.Length;
            coordinateVariance += square / row.Length - mean * mean;
            largest = Math.Max(largest, square);
        }

        double dataVariance = 0, rows = stream.Rows;
        for (int k = 0; k < sums.Length; k++)
            dataVariance += squares[k] / rows - sums[k] / rows * (sums[k] / rows);
        streams[layer] = new(
            q,
            p,
            q > 0 ? difference / q : 0,
            absolute / (rows * stream.Columns),
            coordinateVariance / rows,
            dataVariance / stream.Columns,
            Math.Sqrt(largest));
        Remember(stream);
    }

    /// <inheritdoc/>
    public void Middle(int layer, MatrixView<float> stream) => Remember(stream);

    /// <inheritdoc/>
    public void Added(int layer, ModuleKind module, MatrixView<float> added)
    {
        double square = 0, cosines = 0;
        for (int i = 0; i < added.Rows; i++)
        {
            Span<float> f = added.Row(i);
            ReadOnlySpan<float> x = before.AsSpan(i * added.Columns, added.Columns);
            double ff = 0, xx = 0, xf = 0;
            for (int k = 0; k < f.Length; k++)
            {
                ff += (double)f[k] * f[k];
                xx += (double)x[k] * x[k];
                xf += (double)x[k] * f[k];
            }

            square += ff;
            cosines += ff > 0 && xx > 0 ? xf / Math.Sqrt(ff * xx) : 0;
        }

        (module == ModuleKind.Attention ? attention : mlp)[layer - 1] =
            new(square / ((double)added.Rows * added.Columns), cosines / added.Rows);
    }

    /// <inheritdoc/>
    public void Probabilities(int layer, MatrixView<float> probabilities)
    {
        double sum = 0;
        for (int i = 0; i < probabilities.Rows; i++)
        {
            foreach (float a in probabilities.Row(i))
                sum -= a > 0 ? a * Math.Log(a) : 0;
        }

        entropy[layer - 1] = sum / probabilities.Rows;
    }

    /// <inheritdoc/>
    public void Gradient(int layer, MatrixView<float> gradient)
    {
        backward = true;
        (double diagonal, double offDiagonal, _) = SequenceSums.Of(gradient, tokens);
        gradients[layer] = (diagonal, tokens == 1 ? 0 : offDiagonal);
    }

    // Told before the sublayers that read it: what they add comes when it was added.
    private void Remember(MatrixView<float> stream)
    {
        int length = checked(stream.Rows * stream.Columns);
        if (before.Length < length)
            before = new float[length];
        for (int i = 0; i < stream.Rows; i++)
            stream.Row(i).CopyTo(before.AsSpan(i * stream.Columns));
    }
}
