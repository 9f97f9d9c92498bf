using System.Reflection;
using System.Runtime.CompilerServices;

namespace Hybrid.House.Tests;

/// <summary>The rooms of the house: the libraries, and the files of the repository.</summary>
internal static class House
{
    /// <summary>The libraries, those written in F# first.</summary>
    public static readonly string[] Libraries =
    [
        "Hybrid.Architectures", "Hybrid.Theory", "Hybrid.Networks", "Hybrid.Import", "Hybrid.Drawing", "Hybrid.Lab", "Hybrid.Experiments",
    ];

    /// <summary>The repository's root.</summary>
    public static string Root { get; } = Find();

    /// <summary>A library as it was built.</summary>
    public static Assembly Assembly(string library) => System.Reflection.Assembly.Load(library);

    /// <summary>
    /// Files of the folders src, theory, tests and docs and of the
    /// root, by how their names end; what is built is left out.
    /// </summary>
    public static IEnumerable<string> Files(params string[] endings) =>
        ((string[])["src", "theory", "tests", "docs"])
            .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Root, folder), "*", SearchOption.AllDirectories))
            .Concat(Directory.EnumerateFiles(Root))
            .Select(path => Path.GetRelativePath(Root, path).Replace('\\', '/'))
            .Where(path => !path.Split('/').Any(part => part is "bin" or "obj") && endings.Any(path.EndsWith))
            .Order(StringComparer.Ordinal);

    /// <summary>The text of a file, lines ending in \n.</summary>
    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path)).Replace("\r", "");

    private static string Find([CallerFilePath] string file = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(file)!, "..", ".."));
}
