using Hybrid.Architectures;
using Hybrid.Experiments.Cells;
using Hybrid.Lab.Data;
using Hybrid.Lab.Statistics;
using Hybrid.Networks.Measurements;
using Hybrid.Networks.Training;
using Hybrid.Theory;

namespace Hybrid.Experiments.ResidualGrowth;

/// <summary>
/// q by boundary of networks before training, on the sequences that trained ones are measured on: predicted in the limit of
/// infinite width by the Gram process (derivation section 8) from those sequences' own geometry, and measured.
/// </summary>
internal static class InitialStream
{
    private const int Draws = 4;

    /// <summary>Mean over tokens and sequences, by boundary 0..L; its error is that of the draws.</summary>
    public static Estimate[] Predict(TrainingOptions options, ITokenSource source)
    {
        Architecture architecture = options.Model.Architecture;
        int n = architecture.Tokens;
        bool[] allowed = GramProcess.Allowed(n, architecture.Mask);
        TokenBatch batch = Batch(options, source);
        double[][] q = [.. Enumerable.Range(0, architecture.Depth + 1).Select(_ => new double[Draws])];
        for (int sequence = 0; sequence < batch.Sequences; sequence++)
        {
            GramLayer[][] networks = GramProcess.Draws(
                architecture, allowed, Geometry(architecture, batch.Inputs.AsSpan(sequence * n, n)), Draws, sequence);
            for (int draw = 0; draw < Draws; draw++)
            {
                for (int layer = 0; layer < q.Length; layer++)
                    q[layer][draw] += Enumerable.Range(0, n).Average(i => networks[draw][layer].Hidden[i * n + i]) / batch.Sequences;
            }
        }

        return [.. q.Select(draws => Estimate.Of(draws))];
    }

    /// <summary>Networks seed, seed + 1, … of an architecture.</summary>
    public static CellValues Measure(TrainingOptions options, ITokenSource source, CellAttempt attempt, int samples)
    {
        TokenBatch batch = Batch(options, source);
        return CellValues.Of(Enumerable.Range(0, samples).Select(sample =>
        {
            using IMeasuredTrainer trainer =
                attempt.Engines.Trainers(options with { Seed = unchecked(attempt.Seed + (ulong)sample) });
            return StreamProfile.Numbers(trainer, batch).ToArray();
        }));
    }

    /// <summary>The first validation batch, as in training.</summary>
    private static TokenBatch Batch(TrainingOptions options, ITokenSource source)
    {
        TokenBatch batch = new(options.Sequences, options.Model.Architecture.Tokens);
        new BatchMaker(source, options.Model, options.Seed).Fill(Split.Validation, 0, batch);
        return batch;
    }

    /// <summary>
    /// Expected x_i·x_j/d of embedded tokens: token and position vectors
    /// have half of q₀ each (ρ₀ = 0), so equal tokens share half.
    /// </summary>
    private static double[] Geometry(Architecture architecture, ReadOnlySpan<int> tokens)
    {
        int n = tokens.Length;
        double[] gram = new double[n * n];
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j < n; j++)
                gram[i * n + j] = i == j ? architecture.Input.Norm : tokens[i] == tokens[j] ? 0.5 * architecture.Input.Norm : 0;
        }

        return gram;
    }
}
