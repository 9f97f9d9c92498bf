using Hybrid.Architectures;

namespace Hybrid.Import.HuggingFace;

/// <summary>An architecture and, where it came from a Hugging Face config.json, how that was read.</summary>
/// <param name="Architecture">The record.</param>
/// <param name="Import">The report of the import; null for presets and records.</param>
public sealed record LoadedArchitecture(Architecture Architecture, ImportReport? Import = null);
