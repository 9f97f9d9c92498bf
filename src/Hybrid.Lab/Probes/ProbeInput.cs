using System.Globalization;
using Hybrid.Import.Checkpoints;
using Hybrid.Import.Json;
using Hybrid.Networks.Training;

namespace Hybrid.Lab.Probes;

/// <summary>The sequences that a network is probed with.</summary>
/// <param name="Batch">B sequences of n tokens; shorter ones are filled up behind with token 0.</param>
/// <param name="Counted">
/// [B n]: whether a token is measured. Position 0, on which attention parks what it has no use for, and what fills sequences up stand
/// apart.
/// </param>
/// <param name="Description">Where the tokens are from, in a few words.</param>
/// <param name="Loss">What the loss is of, in a few words.</param>
public sealed record ProbeInput(TokenBatch Batch, bool[] Counted, string Description, string Loss)
{
    /// <summary>Tokens of a sequence where nobody says how many.</summary>
    public const int UsualTokens = 64;

    // Every so-manieth token of an encoder is hidden, as many as in its training.
    private const int HiddenEvery = 7;

    /// <summary>Uniformly random tokens; of one of our runs the first sequences of its validation data, where these are there.</summary>
    public static ProbeInput Random(IProbeSubject subject, int tokens, int sequences, ulong seed)
    {
        if (subject is RunSubject run && run.Validation(sequences) is TokenBatch batch)
            return new(batch, Beyond(batch, null), "validation data of the run", "the run's own");
        Random random = new(unchecked((int)(seed ^ (seed >> 32))));
        int[] Sequence() => [.. Enumerable.Range(0, tokens).Select(_ => random.Next(subject.Vocabulary))];
        return Of(subject, [.. Enumerable.Range(0, sequences).Select(_ => Sequence())], "uniformly random tokens", null);
    }

    /// <summary>The class and the patches of one image of random pixels, in another order in each sequence.</summary>
    public static ProbeInput Images(IProbeSubject subject, int tokens, int sequences, ulong seed)
    {
        Random random = new(unchecked((int)(seed ^ (seed >> 32))));
        int[] Image()
        {
            int[] patches = [.. Enumerable.Range(1, tokens - 1)];
            random.Shuffle(patches);
            return [0, .. patches];
        }

        return Of(subject, [.. Enumerable.Range(0, sequences).Select(_ => Image())], "patches of random pixels in random orders", null);
    }

    /// <summary>A file with one sequence a line, token numbers between spaces or commas.</summary>
    /// <exception cref="InputException">A number is no token of the network, or lines differ in length where they may not.</exception>
    public static ProbeInput OfFile(IProbeSubject subject, string path, int tokens, int sequences)
    {
        List<int[]> rows = [];
        int number = 0;
        foreach (string line in ReadText(path, "--ids").Split('\n'))
        {
            number++;
            string[] words = line.Split([' ', ',', '\t', '\r', '[', ']'], StringSplitOptions.RemoveEmptyEntries);
            if (words.Length == 0 || rows.Count == sequences)
                continue;
            rows.Add([.. words.Take(tokens).Select(word =>
                int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out int id) && id < subject.Vocabulary
                    ? id
                    : throw new InputException(
                        $"--ids {path}: line {number} must hold tokens from 0 to {subject.Vocabulary - 1}, got '{word}'"))]);
        }

        return rows.Count > 0
            ? Of(subject, rows, $"tokens of {Path.GetFileName(path)}", null)
            : throw new InputException($"--ids {path}: must hold at least one line of token numbers, got none");
    }

    /// <summary>The beginning of a text, cut into sequences.</summary>
    /// <exception cref="InputException">The text is too short for one sequence of two tokens.</exception>
    public static ProbeInput OfText(IProbeSubject subject, CheckpointTokenizer tokenizer, string path, int tokens, int sequences)
    {
        IReadOnlyList<int> ids = tokenizer.Encode(ReadText(path, "--text"));
        if (ids.FirstOrDefault(id => id >= subject.Vocabulary) is int wrong and > 0)
            throw new InputException($"--text {path}: its tokenizer gives token {wrong}, and the network has {subject.Vocabulary}");
        int ends = (tokenizer.First is null ? 0 : 1) + (tokenizer.Last is null ? 0 : 1), body = Math.Max(1, tokens - ends);
        List<int[]> rows = [];
        for (int start = 0; start < ids.Count && rows.Count < sequences; start += body)
        {
            int count = Math.Min(body, ids.Count - start);
            // A rest is only worth a sequence where it is all there is.
            if (count < body && rows.Count > 0)
                break;
            int[] first = tokenizer.First is int begin ? [begin] : [], last = tokenizer.Last is int end ? [end] : [];
            rows.Add([.. first, .. Enumerable.Range(start, count).Select(i => ids[i]), .. last]);
        }

        return rows.Count > 0 && rows[0].Length > 1
            ? Of(subject, rows, $"{Path.GetFileName(path)} through {tokenizer.Description}", tokenizer.Mask)
            : throw new InputException($"--text {path}: must hold at least two tokens, got {ids.Count}");
    }

    private static ProbeInput Of(IProbeSubject subject, IReadOnlyList<int[]> rows, string description, int? mask)
    {
        int tokens = subject.FixedTokens ? subject.Context : rows.Max(row => row.Length);
        bool encoder = subject.Record.Mask.LooksAhead;
        if (encoder && rows.Any(row => row.Length != tokens))
            throw new InputException($"sequences must all have {tokens} tokens for '{subject.Name}', whose tokens see each other");
        TokenBatch batch = new(rows.Count, tokens);
        Array.Fill(batch.Targets, TokenBatch.NoTarget);
        for (int sequence = 0; sequence < rows.Count; sequence++)
        {
            int[] row = rows[sequence];
            for (int i = 0; i < row.Length; i++)
            {
                int place = sequence * tokens + i;
                batch.Inputs[place] = row[i];
                if (!subject.HasHead)
                    continue;
                if (!encoder && i + 1 < row.Length)
                    batch.Targets[place] = row[i + 1];
                else if (encoder && (mask is null || i % HiddenEvery == HiddenEvery / 2))
                    (batch.Targets[place], batch.Inputs[place]) = (row[i], mask ?? row[i]);
            }
        }

        string loss = !subject.HasHead ? "none: the network has no head"
            : !encoder ? "the next token"
            : mask is null ? "the tokens that are there, none of them hidden"
            : "every seventh token, hidden";
        return new(batch, Beyond(batch, rows), description, loss);
    }

    private static bool[] Beyond(TokenBatch batch, IReadOnlyList<int[]>? rows) =>
    [
        .. Enumerable.Range(0, batch.Inputs.Length).Select(place =>
            (place % batch.Tokens > 0 || batch.Tokens == 1) && (rows is null || place % batch.Tokens < rows[place / batch.Tokens].Length)),
    ];

    private static string ReadText(string path, string option)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new InputException($"{option} {path}: cannot be read ({error.Message.TrimEnd('.')})", error);
        }
    }
}
