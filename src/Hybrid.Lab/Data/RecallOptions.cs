using System.Globalization;
using Hybrid.Import.Json;

namespace Hybrid.Lab.Data;

/// <summary>An associative-recall source as the user writes it: recall:keys=32,values=32,pairs=8,seed=7.</summary>
/// <param name="Keys">K ≥ 1; tokens 0..K − 1.</param>
/// <param name="Values">M ≥ 1; tokens K..K + M − 1; K + M ≤ 256.</param>
/// <param name="Pairs">P, pairs at the head of every sequence, from 1 to K.</param>
/// <param name="Seed">Names the sequences.</param>
public sealed record RecallOptions(int Keys, int Values, int Pairs, ulong Seed)
{
    /// <summary>The name before the colon.</summary>
    public const string Name = "recall";

    /// <summary>Reads the parameters; absent ones are K = M = 16, P = 4 and the seed of the run.</summary>
    /// <exception cref="InputException">A parameter is unknown or out of its range.</exception>
    internal static RecallOptions Parse(SourceParameters parameters, ulong seed)
    {
        int keys = parameters.Integer("keys", 16, 1, 255);
        int values = parameters.Integer("values", 16, 1, 255);
        if (keys + values > 256)
            throw parameters.Wrong($"keys + values must be at most 256, got {keys} + {values}");
        int pairs = parameters.Integer("pairs", Math.Min(4, keys), 1, keys);
        ulong own = parameters.Seed(seed);
        parameters.EnsureNoOther();
        return new(keys, values, pairs, own);
    }

    /// <summary>The text that <see cref="Parse"/> reads back.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Name}:keys={Keys},values={Values},pairs={Pairs},seed={Seed}");
}
