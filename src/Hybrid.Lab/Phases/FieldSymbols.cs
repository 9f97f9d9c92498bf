using Hybrid.Architectures;

namespace Hybrid.Lab.Phases;

/// <summary>The theory's symbols of the fields that an axis may sweep.</summary>
internal static class FieldSymbols
{
    /// <summary>An axis title: the symbols with the paths in brackets, or the paths alone where one has no symbol.</summary>
    public static string Label(IReadOnlyList<string> paths)
    {
        string names = string.Join(", ", paths);
        string[] symbols = [.. paths.Select(path => Fields.Find(path)?.Symbol ?? "")];
        return symbols.All(symbol => symbol != "") ? $"{string.Join(" = ", symbols)} ({names})" : names;
    }
}
