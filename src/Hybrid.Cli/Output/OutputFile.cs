using Hybrid.Import.Files;
using Hybrid.Import.Json;

namespace Hybrid.Cli.Output;

/// <summary>A file that an option asks for, checked before any work is done.</summary>
internal static class OutputFile
{
    /// <summary>The path's extension in lower case, one of the legal ones; the path's folder exists.</summary>
    /// <exception cref="InputException">Another extension, or a path that cannot be reached.</exception>
    public static string Parse(string path, string option, params string[] extensions)
    {
        string extension = Path.GetExtension(path).ToLowerInvariant();
        if (!extensions.Contains(extension))
            throw new InputException($"{option} must be a file that ends in {string.Join(", ", extensions)}, got '{path}'");
        AtomicFile.EnsureReachable(path, option);
        return extension;
    }
}
