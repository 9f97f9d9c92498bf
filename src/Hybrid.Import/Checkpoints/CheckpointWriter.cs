using System.Text.Json;
using System.Text.Json.Nodes;
using Hybrid.Architectures;
using Hybrid.Import.Files;
using Hybrid.Import.Json;
using Hybrid.Import.Safetensors;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Model;
using Hybrid.Networks.Training;

namespace Hybrid.Import.Checkpoints;

/// <summary>
/// A freshly initialised network of a record as a Hugging Face checkpoint: config.json and model.safetensors of the first family that
/// builds such blocks. Weights are drawn as the record says; branch weights a are multiplied into W_O and W_2, since no family has them.
/// Norms of the family add their ε, and layer norms take means off, which the record knows nothing of. Encoders get the head of a masked
/// language model, which is tied.
/// </summary>
public static class CheckpointWriter
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, NewLine = "\n" };

    /// <summary>The families that are written.</summary>
    public static IReadOnlyList<string> ModelTypes => FamilyConfig.ModelTypes;

    /// <summary>Writes a checkpoint into a folder, which is made if it is not there.</summary>
    /// <param name="architecture">Legal.</param>
    /// <param name="folder">Where; files of the two names must not be there.</param>
    /// <param name="modelType">The family, or null for the first that fits.</param>
    /// <param name="vocabulary">V ≥ 2.</param>
    /// <param name="tied">Whether the head is the token embedding; an encoder's always is.</param>
    /// <param name="seed">Of the weights.</param>
    /// <param name="threads">≥ 1; the weights do not depend on it.</param>
    /// <returns>The family.</returns>
    /// <exception cref="InputException">No family builds such blocks, or the folder cannot be written.</exception>
    public static string Write(
        Architecture architecture, string folder, string? modelType, int vocabulary, bool tied, ulong seed, int threads)
    {
        (CheckpointConfig chosen, JsonObject json) = Choose(architecture, modelType, vocabulary, tied);
        string weights = Path.Combine(folder, CheckpointFiles.Whole), config = Path.Combine(folder, "config.json");
        string configText = json.ToJsonString(Indented) + "\n";
        EnsureFree(folder, config, configText);
        bool masked = chosen.Family.MaskedHeadBias is not null;
        ModelOptions model = new(
            Drawn(architecture), masked ? TrainingTask.MaskedToken : TrainingTask.NextToken, vocabulary, tied || masked)
        {
            Form = chosen.Form(tied || masked ? HeadKind.Tied : HeadKind.Own, masked),
        };
        using CheckpointNetwork network = new(model, 1, gradients: false, threads);
        network.Draw(seed);
        Settle(architecture, network, chosen.Family);
        List<string> missing = [];
        List<TensorPlace> places = TensorPlan.Of(
            chosen, model, network.Parameters, chosen.Family.Roots[0],
            (name, targets, row) => Shaped(name, targets, row, chosen.Family.FirstPosition), missing);
        Dictionary<string, TensorPlace> byName = places.ToDictionary(place => place.Tensor.Name);
        try
        {
            DurableFolder.Make(folder);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new InputException(
                $"--out {folder}: cannot be made ({error.Message.TrimEnd('.')}); {AtomicFile.Remedy(error)}", error);
        }

        // Another process may have exported there meanwhile.
        // The weights make it a checkpoint: an export that ends between the two is done again by the same command.
        EnsureFree(folder, config, configText);
        AtomicFile.WriteText(config, configText);
        AtomicFile.Write(weights, file => SafetensorsWriter.Write(
            file.Write,
            [.. places.Select(place => place.Tensor)],
            new Dictionary<string, string> { ["format"] = "pt" },
            (tensor, offset, destination) => byName[tensor.Name].Store(network, offset, destination)));
        return chosen.Report.ModelType;
    }

    /// <summary>Nothing is written over, but for the same configuration: all that an export leaves which did not come to its end.</summary>
    private static void EnsureFree(string folder, string config, string text)
    {
        if (File.Exists(folder))
            throw new InputException($"--out {folder}: must be a folder, got a file");
        bool weights = Directory.Exists(folder) && Directory.EnumerateFiles(folder, "*.safetensors").Any();
        if (weights || (File.Exists(config) && !HasText(config, text)))
            throw new InputException($"--out {folder}: holds a checkpoint already; give another folder");
    }

    private static bool HasText(string path, string text)
    {
        try
        {
            return File.ReadAllText(path) == text;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static (CheckpointConfig Config, JsonObject Json) Choose(
        Architecture architecture, string? modelType, int vocabulary, bool tied)
    {
        Architecture wanted = Structure(architecture);
        foreach (string candidate in modelType is null ? FamilyConfig.ModelTypes : [modelType])
        {
            JsonObject json = FamilyConfig.Of(candidate, architecture, vocabulary, tied);
            using JsonDocument document = JsonDocument.Parse(json.ToJsonString());
            CheckpointConfig config;
            try
            {
                config = CheckpointConfig.Parse(document.RootElement, "config.json");
            }
            catch (Exception error) when (error is InputException or InvalidArchitectureException && modelType is null)
            {
                continue;
            }

            MatrixBiases biases = config.Form(HeadKind.Own, false).Biases;
            bool biased = architecture.Mlp.BiasStd == 0 || biases.HasFlag(MatrixBiases.MlpIn);
            bool placed = config.Family.LearnedPositions || architecture.Input.Correlation == 0;
            if (biased && placed && Structure(config.Blocks(architecture.Tokens)).Equals(wanted))
                return (config, json);
        }

        throw new InputException(
            $"'{architecture.Name}' is no network of {(modelType is null ? "a family that is written" : modelType)} "
            + $"({string.Join(", ", FamilyConfig.ModelTypes)}): gpt2 and gpt_neox are pre-norm without gates, llama, mistral, qwen2 and "
            + "qwen3 pre-norm with gates, olmo2 normalises branches and all queries, gemma2 and gemma3_text are peri-norm with gates, all "
            + "of them with a causal mask and, gpt2's aside, rotary positions; bert and roberta are post-norm without gates and mask");
    }

    /// <summary>What a family must build: the record without its scales, and with skips and branches of 1.</summary>
    private static Architecture Structure(Architecture a)
    {
        Schedule one = Schedule.NewConstant(1);
        if (a.Attention.Skip.Values.Concat(a.Mlp.Skip.Values).Any(skip => skip != 1))
            throw new InputException($"'{a.Name}' has skip weights other than 1, and no family has them");
        if (!a.NormKind.IsScale)
            throw new InputException($"'{a.Name}' has tanh in the norm's place, and no family that is written has it");
        return a.With(
            name: "structure",
            normGain: one,
            mask: a.Mask.Within(a.Tokens),
            attention: AttentionParameters.Of(one, one, 1, 1).With(head: a.Attention.Head),
            mlp: MlpParameters.Of(one, one, 1, 0, 1),
            input: new InputParameters(1, 0));
    }

    // Branch weights of 1 while it is drawn; they are multiplied in afterwards.
    private static Architecture Drawn(Architecture a)
    {
        Schedule one = Schedule.NewConstant(1);
        return a.With(attention: a.Attention.With(branch: one), mlp: a.Mlp.With(branch: one));
    }

    private static void Settle(Architecture architecture, CheckpointNetwork network, FamilyTensors family)
    {
        for (int layer = 1; layer <= architecture.Depth; layer++)
        {
            // Behind a norm of its own a branch is as large as that norm's gain.
            string place = architecture.Norm.OnBranch ? "gain.out" : "out";
            Scale(network.Matrix($"blocks.{layer}.attention.{place}"), architecture.Attention.Branch.At(layer));
            Scale(network.Matrix($"blocks.{layer}.mlp.{place}"), architecture.Mlp.Branch.At(layer));
        }

        // A norm makes embedded tokens as large as its gain.
        if (family.EmbeddingNorm)
            Scale(network.Matrix("embedding.gain"), Math.Sqrt(architecture.Input.Norm));
        if (family.LearnedPositions)
            return;
        // Token vectors alone carry q₀, half of which stood in the positions.
        Scale(network.Matrix("token.embedding"), Math.Sqrt(2));
        Scale(network.Matrix("position.embedding"), 0);
    }

    private static void Scale(MatrixView<float> matrix, double factor)
    {
        for (int i = 0; i < matrix.Rows && factor != 1; i++)
        {
            foreach (ref float x in matrix.Row(i))
                x = (float)(x * factor);
        }
    }

    private static NamedTensor Shaped(string name, NamedTensor[] targets, TensorRow row, int firstPosition)
    {
        int inputs = targets[0].Shape[0], outputs = targets.Sum(target => target.Shape[^1]);
        return new(name, row.As switch
        {
            StoredAs.Rows when row.Targets[0] == "position.embedding" => [firstPosition + inputs, outputs],
            StoredAs.OutIn => [outputs, inputs],
            StoredAs.InOut or StoredAs.Rows => [inputs, outputs],
            StoredAs.Segment => [1, outputs],
            _ => [outputs],
        });
    }
}
