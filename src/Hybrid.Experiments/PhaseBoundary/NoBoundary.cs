using Hybrid.Architectures;

namespace Hybrid.Experiments.PhaseBoundary;

/// <summary>A line on which the theory forbids a zero: the exponent keeps its sign, or vanishes everywhere.</summary>
/// <param name="Subject">Names the line.</param>
/// <param name="Kind">The exponent.</param>
/// <param name="Sign">+1, −1, or 0 where the exponent is 0 for every value.</param>
/// <param name="Parameter">Symbol of the swept hyperparameter.</param>
/// <param name="At">The architecture at a value of it.</param>
/// <param name="Values">Where it is measured.</param>
internal sealed record NoBoundary(
    string Subject,
    ExponentKind Kind,
    int Sign,
    string Parameter,
    Func<double, Architecture> At,
    IReadOnlyList<double> Values);
