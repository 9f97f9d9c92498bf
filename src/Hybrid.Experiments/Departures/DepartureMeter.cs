using System.Globalization;
using Hybrid.Architectures;
using Hybrid.Experiments.Measurement;
using Hybrid.Lab.Probes;
using Hybrid.Networks.Measurements;
using Hybrid.Networks.Tangents;
using Hybrid.Networks.Training;

namespace Hybrid.Experiments.Departures;

/// <summary>
/// What hybrid probe measures of a network as it stands, as the numbers of a cell: how far each block departs from the theory at
/// initialisation, started by the Gram process (derivation section 8) from the same sequences' own embedded tokens; how branches lie to the
/// stream; and the leading exponent of every block.
/// </summary>
internal sealed class DepartureMeter(ModelOptions model, DepartureSize size)
{
    private readonly Architecture _architecture = model.Architecture;
    private readonly DepartureSize _size = size;

    /// <summary>
    /// By how much a block's step differs from the theory's: |Δ log √q − theory's| + |Δ log(1 − ρ) − theory's|, mean over sequences.
    /// </summary>
    public static string Step(int block, int step) => Name("departure", block, step);

    /// <summary>log √q at a boundary over the theory's, mean over sequences.</summary>
    public static string Away(int layer, int step) => Name("log norm over theory", layer, step);

    /// <summary>Cosine of branch and stream, mean over tokens and the block's two branches.</summary>
    public static string Cosine(int block, int step) => Name("cosine", block, step);

    /// <summary>λ_1 of a block, mean over sequences and both ways.</summary>
    public static string Exponent(int block, int step) => Name("λ_1", block, step);

    /// <summary>All of them of a network as it stands.</summary>
    public IEnumerable<KeyValuePair<string, double>> Numbers(IMeasuredTrainer trainer, TokenBatch batch, ulong seed)
    {
        int depth = _architecture.Depth, step = trainer.StepsDone;
        PassMeasurement pass = trainer.MeasurePass(batch, backward: false).Pass;
        double[] departures = new double[depth + 1], away = new double[depth + 1];
        SequenceGrams grams = new(_size.Tokens, depth, everyBoundary: true);
        trainer.Observe(batch, grams, backward: false);
        bool[] counted = [.. Enumerable.Repeat(true, _size.Tokens)];
        for (int sequence = 0; sequence < _size.Sequences; sequence++)
        {
            ProbeTheory theory = ProbeTheory.Of(_architecture, grams.Input[sequence], counted, seed + (ulong)sequence);
            (double Norm, double Angle)[] seen = [.. Enumerable.Range(0, depth + 1)
                .Select(layer => SequenceGrams.Logs(grams.Stream(layer)[sequence], _size.Tokens))];
            for (int layer = 0; layer <= depth; layer++)
            {
                away[layer] += (seen[layer].Norm - 0.5 * Math.Log(theory.Q[layer])) / _size.Sequences;
                if (layer == 0)
                    continue;
                double norm = 0.5 * Math.Log(theory.Q[layer] / theory.Q[layer - 1]);
                double angle = Math.Log(theory.U[layer] / theory.U[layer - 1]);
                departures[layer] += (Math.Abs(seen[layer].Norm - seen[layer - 1].Norm - norm)
                    + Math.Abs(seen[layer].Angle - seen[layer - 1].Angle - angle)) / _size.Sequences;
            }
        }

        (ExponentEstimate[][] forward, ExponentEstimate[][] backward) = trainer.Exponents(batch, _size.Sequences, exponents: 1, seed);
        for (int block = 1; block <= depth; block++)
        {
            yield return new(Step(block, step), departures[block]);
            yield return new(Away(block, step), away[block]);
            yield return new(Cosine(block, step), 0.5 * (pass.Attention[block - 1].Correlation + pass.Mlp[block - 1].Correlation));
            yield return new(Exponent(block, step), 0.5 * (forward[block - 1][0].Mean + backward[block - 1][0].Mean));
        }
    }

    private static string Name(string quantity, int layer, int step) =>
        string.Create(CultureInfo.InvariantCulture, $"{quantity} {layer} @{step}");
}
