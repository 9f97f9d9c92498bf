using System.Text.Json;
using Hybrid.Import.Json;
using Hybrid.Import.Records;
using Hybrid.Import.Safetensors;
using Hybrid.Networks.Training;

namespace Hybrid.Import.Checkpoints;

/// <summary>The weights of a checkpoint: model.safetensors, or the parts that its index names. Read by position, never held.</summary>
internal sealed class CheckpointFiles : IDisposable
{
    /// <summary>The weights in one file.</summary>
    public const string Whole = "model.safetensors";

    /// <summary>What names the parts.</summary>
    public const string Index = "model.safetensors.index.json";

    private readonly Dictionary<string, (SafetensorsFile File, StoredTensor Stored)> _tensors = [];
    private readonly List<SafetensorsFile> _files = [];

    private CheckpointFiles()
    {
    }

    /// <summary>Every tensor.</summary>
    public IEnumerable<StoredTensor> Tensors => _tensors.Values.Select(item => item.Stored);

    /// <summary>Opens the files of a folder.</summary>
    /// <exception cref="InputException">
    /// There are none, or one cannot be read, is torn or holds other tensors than its index says.
    /// </exception>
    public static CheckpointFiles Open(string folder)
    {
        string whole = Path.Combine(folder, Whole), index = Path.Combine(folder, Index);
        CheckpointFiles files = new();
        try
        {
            if (File.Exists(whole))
                files.Add(whole, null);
            else if (File.Exists(index))
                files.AddParts(folder, index);
            else
                throw Missing(folder);
            return files;
        }
        catch
        {
            files.Dispose();
            throw;
        }
    }

    /// <summary>The tensor of a name, or null.</summary>
    public NamedTensor? Find(string name) => _tensors.TryGetValue(name, out var found) ? found.Stored.Tensor : null;

    /// <summary>Reads entries [offset, offset + destination.Length) of a tensor.</summary>
    public void Read(NamedTensor tensor, long offset, Span<float> destination) =>
        _tensors[tensor.Name].File.Read(tensor, offset, destination);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (SafetensorsFile file in _files)
            file.Dispose();
    }

    private static InputException Missing(string folder) => new(
        $"{folder}: must hold {Whole}, or {Index} with its parts, got neither"
        + (Directory.EnumerateFiles(folder, "*.bin").Any()
            ? "; weights in .bin files are programs for Python's pickle and are not read: save them as safetensors"
            : ""));

    // Names of an index are the tensors that the part must hold; of a whole file there are none to compare.
    private void Add(string path, IReadOnlySet<string>? names)
    {
        SafetensorsFile file = SafetensorsFile.OpenAny(path);
        _files.Add(file);
        foreach (StoredTensor stored in file.Stored)
        {
            if (names?.Contains(stored.Tensor.Name) == false)
                throw new InputException($"{path}: tensor '{stored.Tensor.Name}' is not of this part by {Index}");
            if (!_tensors.TryAdd(stored.Tensor.Name, (file, stored)))
                throw new InputException($"{path}: tensor '{stored.Tensor.Name}' is in another part too");
        }

        if (names?.FirstOrDefault(name => !_tensors.ContainsKey(name)) is string missing)
            throw new InputException($"{path}: has no tensor '{missing}', which {Index} says is there");
    }

    private void AddParts(string folder, string index)
    {
        string text;
        try
        {
            text = File.ReadAllText(index);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{index}: cannot be read ({error.Message.TrimEnd('.')})", error);
        }

        using JsonDocument document = ArchitectureJson.ParseDocument(text, index);
        JsonFields map = new JsonFields(document.RootElement, index).Object("weight_map");
        foreach (IGrouping<string, string> part in map.Rest.ToArray().GroupBy(map.Text))
        {
            if (part.Key != Path.GetFileName(part.Key))
                throw new InputException($"{index}: weight_map must name files beside it, got '{JsonText.Excerpt(part.Key)}'");
            Add(Path.Combine(folder, part.Key), part.ToHashSet());
        }
    }
}
