using Hybrid.Architectures;
using Hybrid.Theory;

namespace Hybrid.Lab.Phases;

/// <summary>What a phase diagram evaluates; both functions are called from many threads.</summary>
/// <param name="Along">Exponents at the attracting states of a path of architectures in small steps.</param>
/// <param name="OnLine">Exponents at the collapsed line.</param>
public sealed record PhaseLaw(Func<Architecture[], PhasePoint[]> Along, Func<Architecture, PhasePoint> OnLine)
{
    /// <summary>
    /// The theory's law for all architectures whose hyperparameters lie within the range of <paramref name="members"/>:
    /// kernels and attention tables are shared by those with equal token counts.
    /// </summary>
    public static PhaseLaw Of(IEnumerable<Architecture> members)
    {
        Dictionary<int, PhaseDiagram> families = members
            .GroupBy(member => member.Tokens)
            .ToDictionary(family => family.Key, PhaseDiagram.Create);
        return new(
            path => path.Select(member => member.Tokens).Distinct().Count() == 1
                ? families[path[0].Tokens].Along(path)
                : [.. path.Select(member => families[member.Tokens].At(member))],
            member => families[member.Tokens].OnLine(member));
    }
}
