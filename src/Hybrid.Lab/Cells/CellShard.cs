using System.Globalization;
using Hybrid.Import.Json;

namespace Hybrid.Lab.Cells;

/// <summary>The part i of n of a list of cells.</summary>
/// <param name="Number">1 to <paramref name="Of"/>.</param>
/// <param name="Of">The number of parts, 1 to <see cref="Largest"/>.</param>
public readonly record struct CellShard(int Number, int Of)
{
    /// <summary>Most parts.</summary>
    public const int Largest = 1_000_000;

    /// <summary>The whole list.</summary>
    public static readonly CellShard Whole = new(1, 1);

    /// <summary>Reads "i/n".</summary>
    /// <exception cref="InputException">The text is something else.</exception>
    public static CellShard Parse(string text)
    {
        string[] parts = text.Split('/');
        return parts.Length == 2 && Digits(parts[0], out int number) && Digits(parts[1], out int of) && number <= of && of <= Largest
            ? new(number, of)
            : throw new InputException($"--shard must be i/n with 1 ≤ i ≤ n ≤ {Largest}, such as 3/10, got '{JsonText.Excerpt(text)}'");

        static bool Digits(string digits, out int value) =>
            int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value >= 1;
    }

    /// <summary>
    /// The cells of this part, the largest first: cells by falling cost are dealt to the parts forwards, then backwards, and so
    /// on, so that every part has nearly the same work. Parts depend on the list, the costs and n alone.
    /// </summary>
    public int[] Take(IEnumerable<int> cells, IReadOnlyList<CellTask> tasks)
    {
        int number = Number - 1, parts = Of;
        return
        [
            .. cells.OrderByDescending(cell => tasks[cell].Cost).ThenBy(cell => cell)
                .Where((_, place) => (place / parts % 2 == 0 ? place % parts : parts - 1 - place % parts) == number),
        ];
    }

    /// <summary>As it is given.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Number}/{Of}");
}
