using System.Text.Json;
using Hybrid.Import.Json;

namespace Hybrid.Import.Records;

/// <summary>The fields of the architecture record, in the order in which it is written: the only list of them.</summary>
internal static class ArchitectureFields
{
    public static readonly IReadOnlyList<ArchitectureField> All =
    [
        ArchitectureField.Of("name", FieldKinds.Text, draft => draft.Name, (draft, value) => draft.Name = value),
        ArchitectureField.Of("tokens", FieldKinds.Integer, draft => draft.Tokens, (draft, value) => draft.Tokens = value),
        ArchitectureField.Of("depth", FieldKinds.Integer, draft => draft.Depth, (draft, value) => draft.Depth = value),
        ArchitectureField.Of("width", FieldKinds.Integer, draft => draft.Width, (draft, value) => draft.Width = value),
        ArchitectureField.Of("heads", FieldKinds.Integer, draft => draft.Heads, (draft, value) => draft.Heads = value),
        ArchitectureField.Of("mlpWidth", FieldKinds.Integer, draft => draft.MlpWidth, (draft, value) => draft.MlpWidth = value),
        ArchitectureField.Of("activation", FieldKinds.Activation, draft => draft.Activation, (draft, value) => draft.Activation = value),
        ArchitectureField.Of("gated", FieldKinds.Flag, draft => draft.Gated, (draft, value) => draft.Gated = value),
        ArchitectureField.Of("norm", FieldKinds.Norm, draft => draft.Norm, (draft, value) => draft.Norm = value),
        ArchitectureField.Of("mask", FieldKinds.Mask, draft => draft.Mask, (draft, value) => draft.Mask = value),
        ArchitectureField.Of("attention.skip", FieldKinds.Schedule, draft => draft.AttentionSkip, (draft, value) => draft.AttentionSkip = value),
        ArchitectureField.Of("attention.branch", FieldKinds.Schedule, draft => draft.AttentionBranch, (draft, value) => draft.AttentionBranch = value),
        ArchitectureField.Of("attention.logitStd", FieldKinds.Number, draft => draft.LogitStd, (draft, value) => draft.LogitStd = value),
        ArchitectureField.Of("attention.valueStd", FieldKinds.Number, draft => draft.ValueStd, (draft, value) => draft.ValueStd = value),
        ArchitectureField.Of("mlp.skip", FieldKinds.Schedule, draft => draft.MlpSkip, (draft, value) => draft.MlpSkip = value),
        ArchitectureField.Of("mlp.branch", FieldKinds.Schedule, draft => draft.MlpBranch, (draft, value) => draft.MlpBranch = value),
        ArchitectureField.Of("mlp.inStd", FieldKinds.Number, draft => draft.InStd, (draft, value) => draft.InStd = value),
        ArchitectureField.Of("mlp.biasStd", FieldKinds.Number, draft => draft.BiasStd, (draft, value) => draft.BiasStd = value),
        ArchitectureField.Of("mlp.outStd", FieldKinds.Number, draft => draft.OutStd, (draft, value) => draft.OutStd = value),
        ArchitectureField.Of("input.norm", FieldKinds.Number, draft => draft.InputNorm, (draft, value) => draft.InputNorm = value),
        ArchitectureField.Of("input.correlation", FieldKinds.Number, draft => draft.InputCorrelation, (draft, value) => draft.InputCorrelation = value),
    ];

    private static readonly Dictionary<string, ArchitectureField> ByPath = All.ToDictionary(field => field.Path);

    /// <summary>The nested objects of the record: attention, mlp, input.</summary>
    public static readonly IReadOnlyList<string> Groups =
        [.. All.Select(field => field.Split.Group).Where(group => group != "").Distinct()];

    /// <summary>The field at a dotted path, or null.</summary>
    public static ArchitectureField? Find(string path) => ByPath.GetValueOrDefault(path);

    /// <summary>The error for a path that is no field: names it, the nearest legal paths and all legal names beside it.</summary>
    public static InputException Unknown(string source, string path)
    {
        string group = Groups.FirstOrDefault(candidate => path.StartsWith(candidate + ".", StringComparison.Ordinal)) ?? "";
        IEnumerable<string> names = All.Where(field => field.Split.Group == group).Select(field => field.Split.Name);
        if (group == "")
            names = names.Concat(Groups);
        string question = NearestName.QuestionOrStop(path, All.Select(field => field.Path).Concat(Groups));
        string place = group == "" ? "the record" : group;
        return new InputException(
            $"{source}: '{path}' is not a field of an architecture{question} Legal in {place}: {string.Join(", ", names)}.");
    }

    /// <summary>Reads one element into a field of the draft, or throws the error that names the field.</summary>
    public static void Read(string source, ArchitectureField field, JsonElement element, ArchitectureDraft draft)
    {
        if (field.TryRead(element, draft))
            return;
        string question = element.ValueKind == JsonValueKind.String ? NearestName.Question(element.GetString()!, field.Names) : "";
        throw new InputException(
            $"{source}: {field.Path} must be {field.Legal}, got {JsonText.Excerpt(element.GetRawText())}{question}");
    }
}
