using Hybrid.Import.Json;

namespace Hybrid.Lab.Data;

/// <summary>Opens what --data names: a synthetic source or a file.</summary>
public static class TokenSources
{
    /// <summary>The names that are no files; ./NAME is always a file.</summary>
    public const string SyntheticNames = "markov, recall, synthetic";

    /// <summary>Opens a source.</summary>
    /// <param name="text">markov[:…], recall[:…], synthetic (markov with its defaults) or a file's path.</param>
    /// <param name="seed">The run's seed: of a synthetic source that names none, and of where a file's training sequences begin.</param>
    /// <param name="heldOut">Where a file's validation and test sequences come from.</param>
    /// <exception cref="InputException">There is no such source, or it cannot be used.</exception>
    public static ITokenSource Open(string text, ulong seed, HeldOut heldOut = HeldOut.Spread) => text.Split(':')[0] switch
    {
        MarkovOptions.Name => new MarkovSource(MarkovOptions.Parse(new(text), seed)),
        RecallOptions.Name => new RecallSource(RecallOptions.Parse(new(text), seed)),
        "synthetic" => new MarkovSource(MarkovOptions.Parse(new(text), seed)),
        _ => new FileSource(text, seed, heldOut),
    };
}
