using Hybrid.Import.HuggingFace;

namespace Hybrid.Cli.Verbs;

/// <summary>What the page begins with.</summary>
/// <param name="Loaded">The architecture that was asked for.</param>
/// <param name="Seed">Of the networks that it measures.</param>
/// <param name="Threads">Of phase diagrams and measurements.</param>
internal sealed record ExploreStart(LoadedArchitecture Loaded, ulong Seed, int Threads);
