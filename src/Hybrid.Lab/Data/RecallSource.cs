using Hybrid.Import.Files;
using Hybrid.Import.Json;
using Hybrid.Networks.Random;
using Hybrid.Networks.Training;

namespace Hybrid.Lab.Data;

/// <summary>
/// Associative recall: P pairs of a key and a value, the keys all different, then queries to the end of the sequence, each
/// one of the P keys followed by its value. Only the values after queries can be predicted; everything else is uniform.
/// </summary>
public sealed class RecallSource(RecallOptions options) : ITokenSource
{
    /// <inheritdoc/>
    public int Vocabulary => options.Keys + options.Values;

    /// <inheritdoc/>
    public string Description => options.ToString();

    /// <inheritdoc/>
    public FileIdentity? File => null;

    /// <inheritdoc/>
    public IReadOnlyList<ReferenceLoss> References => [];

    /// <summary>
    /// Next token: the mean over positions of ln(K − j) for key number j = 0, 1, … of the pairs, ln M for its value, ln P
    /// for the key of a query and 0 for the value after it; the first token is no target. Masked tokens: null.
    /// </summary>
    public double? OptimalLoss(TrainingTask task, int tokens)
    {
        if (task != TrainingTask.NextToken)
            return null;
        double sum = 0;
        for (int position = 1; position <= tokens; position++)
        {
            bool isKey = position % 2 == 0, isPair = position / 2 < options.Pairs;
            sum += (isPair, isKey) switch
            {
                (true, true) => Math.Log(options.Keys - position / 2),
                (true, false) => Math.Log(options.Values),
                (false, true) => Math.Log(options.Pairs),
                (false, false) => 0,
            };
        }

        return sum / tokens;
    }

    /// <inheritdoc/>
    public long Sequences(Split split, int length)
    {
        int least = 2 * options.Pairs + 2;
        return length >= least
            ? long.MaxValue
            : throw new InputException(
                $"--data {Description}: {options.Pairs} pairs and one query take {least} tokens, "
                + $"and a sequence has {length}; give fewer pairs= or --set tokens={least}");
    }

    /// <inheritdoc/>
    public void Fill(Split split, long sequence, Span<byte> tokens)
    {
        ulong[] words = new ulong[Math.Max(2 * options.Pairs, tokens.Length)];
        UniformBits.Fill(words, SequenceKey.Of(options.Seed, SequenceKey.Purpose.Tokens, split, sequence));
        byte[] keys = [.. Enumerable.Range(0, options.Keys).Select(key => (byte)key)];
        byte[] values = new byte[options.Pairs];
        for (int i = 0; i < options.Pairs; i++)
        {
            int other = i + (int)UniformBits.Below(words[2 * i], options.Keys - i);
            (keys[i], keys[other]) = (keys[other], keys[i]);
            values[i] = (byte)(options.Keys + UniformBits.Below(words[2 * i + 1], options.Values));
        }

        for (int position = 0, pair = 0; position < tokens.Length; position++)
        {
            bool isKey = position % 2 == 0;
            if (isKey)
                pair = position / 2 < options.Pairs ? position / 2 : (int)UniformBits.Below(words[position], options.Pairs);
            tokens[position] = isKey ? keys[pair] : values[pair];
        }
    }

    /// <summary>Nothing to release.</summary>
    public void Dispose()
    {
    }
}
