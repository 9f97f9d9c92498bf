namespace Hybrid.Import.Json;

/// <summary>Finds the legal name that a mistyped one most likely meant.</summary>
public static class NearestName
{
    /// <summary>
    /// The names within edit distance (insertion, deletion, substitution, transposition of neighbours; case ignored) of
    /// a third of the received name's length and at least 2, nearest first, or those that contain it; may be empty.
    /// </summary>
    public static IReadOnlyList<string> Of(string received, IEnumerable<string> legal)
    {
        int limit = Math.Max(2, received.Length / 3);
        return [.. legal
            .Where(name => name != received)
            .Select(name => (Name: name, Distance: Distance(received.ToLowerInvariant(), name.ToLowerInvariant())))
            .Where(candidate => candidate.Distance <= limit
                || (received.Length >= 3 && candidate.Name.Contains(received, StringComparison.OrdinalIgnoreCase)))
            .OrderBy(candidate => candidate.Distance)
            .ThenBy(candidate => candidate.Name, StringComparer.Ordinal)
            .Select(candidate => candidate.Name)
            .Take(3)];
    }

    /// <summary>"; did you mean a or b?", or nothing where no name is near.</summary>
    public static string Question(string received, IEnumerable<string> legal)
    {
        IReadOnlyList<string> near = Of(received, legal);
        return near.Count == 0 ? "" : $"; did you mean {string.Join(" or ", near)}?";
    }

    /// <summary>The same where the message goes on: "; did you mean a or b?", or "." where no name is near.</summary>
    public static string QuestionOrStop(string received, IEnumerable<string> legal) =>
        Question(received, legal) is { Length: > 0 } question ? question : ".";

    /// <summary>Optimal string alignment distance between two words.</summary>
    private static int Distance(string a, string b)
    {
        int[,] d = new int[a.Length + 1, b.Length + 1];
        for (int i = 0; i <= a.Length; i++)
            d[i, 0] = i;
        for (int j = 0; j <= b.Length; j++)
            d[0, j] = j;
        for (int i = 1; i <= a.Length; i++)
        {
            for (int j = 1; j <= b.Length; j++)
            {
                int substitution = d[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                d[i, j] = Math.Min(substitution, 1 + Math.Min(d[i - 1, j], d[i, j - 1]));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    d[i, j] = Math.Min(d[i, j], d[i - 2, j - 2] + 1);
            }
        }

        return d[a.Length, b.Length];
    }
}
