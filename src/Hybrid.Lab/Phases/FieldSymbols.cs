namespace Hybrid.Lab.Phases;

/// <summary>The theory's symbols of the fields that an axis may sweep.</summary>
internal static class FieldSymbols
{
    private static readonly Dictionary<string, string> Symbols = new()
    {
        ["tokens"] = "n",
        ["depth"] = "L",
        ["attention.skip"] = "r_A",
        ["attention.branch"] = "a_A",
        ["attention.logitStd"] = "σ_A",
        ["attention.valueStd"] = "σ_V",
        ["mlp.skip"] = "r_M",
        ["mlp.branch"] = "a_M",
        ["mlp.inStd"] = "σ_w",
        ["mlp.biasStd"] = "σ_b",
        ["mlp.outStd"] = "σ_v",
        ["input.norm"] = "q_0",
        ["input.correlation"] = "ρ_0",
    };

    /// <summary>An axis title: the symbols with the paths in brackets, or the paths alone where one has no symbol.</summary>
    public static string Label(IReadOnlyList<string> paths)
    {
        string names = string.Join(", ", paths);
        return paths.All(Symbols.ContainsKey) ? $"{string.Join(" = ", paths.Select(path => Symbols[path]))} ({names})" : names;
    }
}
