using Hybrid.Architectures;

namespace Hybrid.Import.HuggingFace;

/// <summary>How a configuration was read: what the user must know to trust the record that came of it.</summary>
/// <param name="Source">The file.</param>
/// <param name="ModelType">The family's model_type.</param>
/// <param name="Scaling">The residual scaling that the record holds.</param>
/// <param name="Notes">What was assumed and what is not modelled, one sentence each.</param>
/// <param name="Model">What the configuration states, before it became a record.</param>
/// <param name="Context">Most tokens that the model reads, ≥ 1.</param>
/// <param name="IgnoredKeys">Keys that were neither read nor are known to change nothing, in the file's order.</param>
public sealed record ImportReport(
    string Source,
    string ModelType,
    ResidualScaling Scaling,
    IReadOnlyList<string> Notes,
    ModelDescription Model,
    int Context,
    IReadOnlyList<string> IgnoredKeys);
