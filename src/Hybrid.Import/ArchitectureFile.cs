using System.Text;
using System.Text.Json;
using Hybrid.Import.HuggingFace;
using Hybrid.Import.Json;
using Hybrid.Import.Records;

namespace Hybrid.Import;

/// <summary>A file that holds an architecture: our own record, or a Hugging Face config.json.</summary>
internal static class ArchitectureFile
{
    /// <summary>Largest file that is read, in bytes: far more than any record with a schedule for every layer.</summary>
    public const int LargestFile = 1 << 20;

    /// <summary>Reads and validates the file; a record without a name field is called after it.</summary>
    /// <exception cref="InputException">The file cannot be read, is too large, or holds no architecture.</exception>
    /// <exception cref="Hybrid.Architectures.InvalidArchitectureException">A field is out of its range.</exception>
    public static LoadedArchitecture Read(string path, ResidualScaling? scaling, int? tokens = null)
    {
        string text = ReadText(path);
        if (PythonNumbers.Quoted(text) is string quoted && ReadPython(quoted, path, scaling, tokens) is LoadedArchitecture loaded)
            return loaded;
        using JsonDocument document = ArchitectureJson.ParseDocument(text, path);
        JsonElement root = document.RootElement;
        if (HuggingFaceConfig.Recognises(root))
            return HuggingFaceConfig.Import(root, path, scaling, tokens);
        return scaling is null
            ? new(ArchitectureJson.Read(root, path, Path.GetFileNameWithoutExtension(path)))
            : throw NoConfiguration(path);
    }

    /// <summary>The error for a residual scaling that is asked of anything else than a configuration.</summary>
    public static InputException NoConfiguration(string source) => new(
        $"--residual-scaling: is for a Hugging Face config.json, got '{source}', whose branch weights are explicit; "
            + "use --set attention.branch=A and --set mlp.branch=A");

    // A record has no such numbers: it is left to the reader that says so. Null where the text is no configuration.
    private static LoadedArchitecture? ReadPython(string quoted, string path, ResidualScaling? scaling, int? tokens)
    {
        using JsonDocument document = ArchitectureJson.ParseDocument(quoted, path);
        return HuggingFaceConfig.Recognises(document.RootElement)
            ? HuggingFaceConfig.Import(document.RootElement, path, scaling, tokens)
            : null;
    }

    // Counted while it is read: a device or a pipe has no length to ask for, and may have no end.
    private static string ReadText(string path)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            byte[] bytes = new byte[LargestFile + 1];
            int length = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            if (length > LargestFile)
                throw new InputException($"{path}: an architecture file has at most {LargestFile} bytes, got more");
            using StreamReader reader = new(new MemoryStream(bytes, 0, length), new UTF8Encoding(false, throwOnInvalidBytes: true));
            return reader.ReadToEnd();
        }
        catch (DecoderFallbackException error)
        {
            throw new InputException($"{path}: an architecture file must be UTF-8 text, got other bytes", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            throw new InputException(
                $"{path}: cannot be read ({error.Message.TrimEnd('.')}); give a readable architecture JSON file", error);
        }
    }
}
