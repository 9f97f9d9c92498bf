using System.Globalization;
using Hybrid.Architectures;
using Hybrid.Import.Checkpoints;
using Hybrid.Networks.Training;

namespace Hybrid.Lab.Probes;

/// <summary>A Hugging Face checkpoint.</summary>
internal sealed class CheckpointSubject(string folder) : IProbeSubject
{
    private readonly Checkpoint _checkpoint = Checkpoint.Open(folder);

    /// <inheritdoc/>
    public string Name { get; } = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));

    /// <inheritdoc/>
    public string Description => $"a {_checkpoint.ModelType} checkpoint in {string.Join(" and ", _checkpoint.Types)}"
        + (_checkpoint.HasHead ? "" : " without a head: no loss and no gradients");

    /// <inheritdoc/>
    public int? Step => ProbeFolders.StepOf(folder);

    /// <inheritdoc/>
    public int Vocabulary => _checkpoint.Vocabulary;

    /// <inheritdoc/>
    public int Context => _checkpoint.Context;

    /// <inheritdoc/>
    public bool FixedTokens => _checkpoint.SeesImages;

    /// <inheritdoc/>
    public bool SeesImages => _checkpoint.SeesImages;

    /// <inheritdoc/>
    public bool HasHead => _checkpoint.HasHead;

    /// <inheritdoc/>
    public Architecture Record => _checkpoint.Record;

    /// <inheritdoc/>
    public IReadOnlyList<string> Notes =>
    [
        string.Create(
            CultureInfo.InvariantCulture,
            $"theory at initialisation is that of hybrid predict {Path.Combine(folder, "config.json")}, which lists its own assumptions"),
    ];

    /// <inheritdoc/>
    public ModelOptions Model(int tokens) => _checkpoint.Model(tokens);

    /// <inheritdoc/>
    public void Load(IObservedNetwork network, ulong seed) => _checkpoint.Load(network, seed);

    /// <inheritdoc/>
    public void Dispose() => _checkpoint.Dispose();
}
