using Hybrid.Architectures;
using Hybrid.Import.HuggingFace;
using Hybrid.Import.Json;
using Hybrid.Networks.Model;
using Hybrid.Networks.Training;

namespace Hybrid.Import.Checkpoints;

/// <summary>
/// A Hugging Face checkpoint: config.json beside model.safetensors or its parts. Its weights are read by position straight into the
/// engine's memory, transposed, split and converted on the way; nothing of it is executed and nothing is fetched.
/// </summary>
public sealed class Checkpoint : IDisposable
{
    private readonly string _folder;
    private readonly CheckpointConfig _config;
    private readonly CheckpointFiles _files;
    private readonly string _root;
    private readonly HeadKind _head;
    private readonly bool _masked;

    private Checkpoint(string folder, CheckpointConfig config, CheckpointFiles files)
    {
        (_folder, _config, _files) = (folder, config, files);
        FamilyTensors family = config.Family;
        _root = family.Roots.FirstOrDefault(root => files.Find(family.Tokens.Replace("^", root, StringComparison.Ordinal)) is not null)
            ?? throw new InputException(
                $"{folder}: tensors are missing: {family.Tokens.Replace("^", family.Roots[0], StringComparison.Ordinal)}, "
                + "the token embedding");
        _masked = family.MaskedHeadBias is string bias && files.Find(bias) is not null;
        _head = family.Patches ? HeadKind.None
            : family.MaskedHeadBias is not null ? _masked ? HeadKind.Tied : HeadKind.None
            : config.Tied ? HeadKind.Tied
            : files.Find(family.Unembedding) is not null || config.SaysHead ? HeadKind.Own
            : HeadKind.None;
    }

    /// <summary>The family's model_type.</summary>
    public string ModelType => _config.Report.ModelType;

    /// <summary>The record at initialisation, as hybrid predict reads the configuration.</summary>
    public Architecture Record => _config.Record;

    /// <summary>How the configuration was read.</summary>
    public ImportReport Report => _config.Report;

    /// <summary>V, tokens 0..V − 1.</summary>
    public int Vocabulary => _config.Vocabulary;

    /// <summary>Most tokens that the network reads.</summary>
    public int Context => _config.Report.Context - _config.Family.FirstPosition;

    /// <summary>Whether there is a head, and with it a loss.</summary>
    public bool HasHead => _head != HeadKind.None;

    /// <summary>Whether its tokens are patches of images: all of one image behind token 0, the class, and each once.</summary>
    public bool SeesImages => _config.Family.Patches;

    /// <summary>The types of its tensors, such as BF16, the most frequent first.</summary>
    public IReadOnlyList<string> Types =>
        [.. _files.Tensors.GroupBy(tensor => tensor.Type).OrderByDescending(group => group.Count()).Select(group => group.Key)];

    /// <summary>Opens a folder.</summary>
    /// <exception cref="InputException">A file cannot be read, or the family is none whose checkpoints are.</exception>
    /// <exception cref="InvalidArchitectureException">A number of the configuration is out of range.</exception>
    public static Checkpoint Open(string folder)
    {
        CheckpointConfig config = CheckpointConfig.Read(folder);
        CheckpointFiles files = CheckpointFiles.Open(folder);
        try
        {
            return new(folder, config, files);
        }
        catch
        {
            files.Dispose();
            throw;
        }
    }

    /// <summary>The network for sequences of <paramref name="tokens"/> tokens, 1 to <see cref="Context"/>.</summary>
    /// <exception cref="InvalidArchitectureException">A number is out of range.</exception>
    public ModelOptions Model(int tokens)
    {
        Architecture blocks = _config.Blocks(tokens);
        TrainingTask task = blocks.Mask.LooksAhead ? TrainingTask.MaskedToken : TrainingTask.NextToken;
        return new(blocks, task, Vocabulary, _head == HeadKind.Tied) { Form = _config.Form(_head, _masked) };
    }

    /// <summary>Copies the weights into a network of <see cref="Model"/>.</summary>
    /// <param name="network">Where to.</param>
    /// <param name="seed">Of the pixels that are the tokens of a network that sees images; no other has any use for it.</param>
    /// <exception cref="InputException">Tensors are missing, unknown or of another shape; the message names them.</exception>
    public void Load(IObservedNetwork network, ulong seed = 1) =>
        Load(network, patch => PatchTable.Draw(seed, patch, _config.Pixels));

    /// <summary>The same with given pixels of patch 0, 1, ….</summary>
    internal void Load(IObservedNetwork network, Func<int, float[]> pixels)
    {
        List<TensorPlace> places = Plan(network.Model, network.Parameters);
        foreach (NamedTensor tensor in network.Parameters)
        {
            // What no tensor fills is absent in the family: positions that are turned, biases that are not there.
            var matrix = network.Matrix(tensor.Name);
            for (int row = 0; row < matrix.Rows; row++)
                matrix.Row(row).Clear();
        }

        foreach (TensorPlace place in places)
            place.Load(_files, network);
        if (SeesImages)
            PatchTable.Load(_files, _root, network, _config.Pixels, pixels);
    }

    /// <summary>The stored tensors of each parameter: what a gradient at it is to be compared with.</summary>
    internal List<TensorPlace> Plan(ModelOptions model, IReadOnlyList<NamedTensor> parameters)
    {
        List<string> missing = [];
        List<TensorPlace> places = TensorPlan.Of(_config, model, parameters, _root, (name, _, _) => _files.Find(name), missing);
        TensorPlan.EnsureWhole(_folder, _config, _files, places, missing, _root);
        return places;
    }

    /// <inheritdoc/>
    public void Dispose() => _files.Dispose();
}
