namespace Hybrid.Import.HuggingFace;

/// <summary>The notes of an import, by rank and within a rank by what they change, the largest first.</summary>
internal sealed class NoteList
{
    private readonly List<(NoteRank Rank, double Effect, string Text)> _notes = [];

    /// <summary>The texts in their order.</summary>
    public IReadOnlyList<string> Ranked =>
        [.. _notes.OrderBy(note => note.Rank).ThenByDescending(note => note.Effect).Select(note => note.Text)];

    /// <summary>Adds a note.</summary>
    /// <param name="rank">What it is about.</param>
    /// <param name="text">One sentence, numbers as the invariant culture writes them.</param>
    /// <param name="effect">What it changes, relative to what it changes; ≥ 0, 0 where that is not known.</param>
    public void Add(NoteRank rank, InvariantText text, double effect = 0) =>
        _notes.Add((rank, effect, text.ToText()));

    /// <summary>Says that a key is missing and returns what stands in its place.</summary>
    public T Assumed<T>(ConfigReader config, string key, T value)
    {
        Add(NoteRank.Assumed, $"{config.Path(key)} is missing: {value}, the default of the family's code");
        return value;
    }
}
