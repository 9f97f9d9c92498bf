using Hybrid.Architectures;

namespace Hybrid.Networks.Engines.Conditioned;

/// <summary>The integers that a block keeps of its routers' choices.</summary>
internal readonly unsafe struct ExpertChoices
{
    private readonly int* memory;
    private readonly int chosen, experts, mlps;

    internal ExpertChoices(int* memory, Experts experts, int tokens)
    {
        this.memory = memory;
        (chosen, this.experts, mlps) = (tokens * experts.Active, experts.Count, experts.Mlps);
    }

    /// <summary>The experts of every token: [n, k].</summary>
    internal int* Chosen => memory;

    /// <summary>Where the token stands for each of them: [n, k].</summary>
    internal int* Places => memory + chosen;

    /// <summary>First row of every expert, and one behind the last: [E + 1].</summary>
    internal int* Starts => memory + 2 * chosen;

    /// <summary>Dimensions of what every MLP sees, the shared one's last.</summary>
    internal int* InputRanks => Starts + experts + 1;

    /// <summary>Dimensions of what every MLP's output matrix sees.</summary>
    internal int* OutputRanks => InputRanks + mlps;

    /// <summary>The token of every row: [S].</summary>
    internal int* Tokens => OutputRanks + mlps;

    /// <summary>Integers in all.</summary>
    internal static long Length(Experts experts, long tokens, long seen) =>
        2 * tokens * experts.Active + experts.Count + 1 + 2L * experts.Mlps + seen;
}
