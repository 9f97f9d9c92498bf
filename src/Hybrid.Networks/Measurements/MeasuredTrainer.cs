using Hybrid.Networks.Linear;
using Hybrid.Networks.Tangents;
using Hybrid.Networks.Training;

namespace Hybrid.Networks.Measurements;

/// <summary>Training on the dense engine whose network can be measured on the way.</summary>
/// <param name="options">Every number in its documented range.</param>
/// <param name="threads">≥ 1; the results do not depend on it.</param>
public sealed class MeasuredTrainer(TrainingOptions options, int threads) : DenseTrainer(options, threads), IMeasuredTrainer
{
    private readonly int threads = threads;

    /// <inheritdoc/>
    public (double Loss, PassMeasurement Pass) MeasurePass(TokenBatch batch, bool backward = true)
    {
        PassMeter meter = new(Model.Architecture);
        return (Observe(batch, meter, backward), meter.Measurement);
    }

    /// <inheritdoc/>
    public (ExponentEstimate[][] Forward, ExponentEstimate[][] Backward) Exponents(
        TokenBatch batch, int sequences, int exponents, ulong seed, CancellationToken cancellation = default)
    {
        using NetworkExponents measure = new(Model, sequences, exponents, threads);
        return measure.Measure(this, batch, seed, cancellation);
    }

    /// <inheritdoc/>
    public double SquaredNorm(NamedTensor tensor)
    {
        MatrixView<float> matrix = Matrix(tensor.Name);
        double sum = 0;
        for (int i = 0; i < matrix.Rows; i++)
        {
            foreach (float entry in matrix.Row(i))
                sum += (double)entry * entry;
        }

        return sum;
    }

    /// <inheritdoc/>
    public OperatorNorm[] OperatorNorms(NamedTensor matrix, int parts = 1) => OperatorNorm.OfParts(Matrix(matrix.Name), parts);
}
