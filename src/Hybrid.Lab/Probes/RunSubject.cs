using System.Globalization;
using Hybrid.Architectures;
using Hybrid.Import.Json;
using Hybrid.Import.Safetensors;
using Hybrid.Lab.Data;
using Hybrid.Lab.Training;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Training;

namespace Hybrid.Lab.Probes;

/// <summary>A network of one of our own runs, as one of its checkpoints has it. Reading takes no lock and changes nothing.</summary>
internal sealed class RunSubject : IProbeSubject
{
    private readonly string _folder;
    private readonly TrainingPlan _plan;
    private readonly SafetensorsFile _file;

    /// <summary>The network of a checkpoint's folder within a run's folder.</summary>
    public RunSubject(string run, string checkpoint)
    {
        _folder = run;
        string config = Path.Combine(run, "config.json");
        _plan = TrainingPlanJson.Parse(RunFile.Do(config, "read", () => File.ReadAllText(config)), config);
        _file = SafetensorsFile.Open(Path.Combine(checkpoint, "weights.safetensors"));
        Step = ProbeFolders.StepOf(checkpoint);
    }

    /// <inheritdoc/>
    public string Name => Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(_folder)));

    /// <inheritdoc/>
    public string Description => string.Create(
        CultureInfo.InvariantCulture, $"a run of hybrid train after step {Step} of {_plan.Options.Steps}");

    /// <inheritdoc/>
    public int? Step { get; }

    /// <inheritdoc/>
    public int Vocabulary => _plan.Options.Model.Vocabulary;

    /// <inheritdoc/>
    public int Context => Record.Tokens;

    /// <inheritdoc/>
    public bool FixedTokens => true;

    /// <inheritdoc/>
    public bool SeesImages => false;

    /// <inheritdoc/>
    public bool HasHead => true;

    /// <inheritdoc/>
    public Architecture Record => _plan.Options.Model.Architecture;

    /// <inheritdoc/>
    public IReadOnlyList<string> Notes => [];

    /// <inheritdoc/>
    public ModelOptions Model(int tokens) => _plan.Options.Model;

    /// <summary>Validation sequences of the data that it was trained on, or null where these are not there any more.</summary>
    public TokenBatch? Validation(int sequences)
    {
        try
        {
            using ITokenSource source = _plan.Data.Open(_plan.Options.Seed, _folder);
            TokenBatch batch = new(sequences, Record.Tokens);
            BatchMaker maker = new(source, _plan.Options.Model, _plan.Options.Seed);
            if (source.Sequences(Split.Validation, maker.SequenceLength) < sequences)
                return null;
            maker.Fill(Split.Validation, 0, batch);
            return batch;
        }
        catch (InputException)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public void Load(IObservedNetwork network, ulong seed)
    {
        HashSet<string> known = [.. network.Parameters.Select(tensor => tensor.Name)];
        if (_file.Tensors.FirstOrDefault(tensor => !known.Contains(tensor.Name)) is NamedTensor other)
            throw new InputException($"{_folder}: tensor '{other.Name}' belongs to no part of this network");
        foreach (NamedTensor tensor in network.Parameters)
        {
            MatrixView<float> matrix = network.Matrix(tensor.Name);
            for (int row = 0; row < matrix.Rows; row++)
                _file.Read(tensor, (long)row * matrix.Columns, matrix.Row(row));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
