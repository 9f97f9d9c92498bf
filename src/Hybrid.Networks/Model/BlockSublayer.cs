using Hybrid.Architectures;

namespace Hybrid.Networks.Model;

/// <summary>A sublayer's turn among those that read the same stream and are added up.</summary>
internal enum StepTurn
{
    /// <summary>The step has no other.</summary>
    Only,

    /// <summary>The first of several: it begins the sum.</summary>
    First,

    /// <summary>Neither the first nor the last of several.</summary>
    Middle,

    /// <summary>The last of several: with it the sum is complete.</summary>
    Last,
}

/// <summary>
/// One sublayer of one block as a pass meets it, read off the block's steps once so that passes allocate nothing. A pass goes
/// through a block's sublayers in their order, backwards in the reverse order; turns say where a step begins and ends.
/// </summary>
/// <param name="Module">What stands in it.</param>
/// <param name="Turn">Its turn in its step.</param>
/// <param name="Skip">r of its step.</param>
/// <param name="Weight">a.</param>
/// <param name="Placement">Where it is normalised.</param>
internal sealed record BlockSublayer(ModuleKind Module, StepTurn Turn, double Skip, double Weight, Placement Placement)
{
    /// <summary>Whether its step ends with it: the stream is x' afterwards.</summary>
    internal bool EndsStep => Turn is StepTurn.Only or StepTurn.Last;

    /// <summary>Whether the sum that it completes is normalised.</summary>
    internal bool NormalisesSum => EndsStep && Placement.OnSum;

    /// <summary>The sublayers of block <paramref name="layer"/>, 1..depth, first to last.</summary>
    internal static BlockSublayer[] Of(Architecture architecture, int layer) =>
        [.. BlockModule.At(architecture, layer).Steps.SelectMany(step => step.Sublayers.Select((sublayer, index) => new BlockSublayer(
            sublayer.Kind(), TurnOf(index, step.Sublayers.Length), step.Skip, sublayer.Branch, sublayer.Placement)))];

    private static StepTurn TurnOf(int index, int count) => (index == 0, index == count - 1) switch
    {
        (true, true) => StepTurn.Only,
        (true, false) => StepTurn.First,
        (false, false) => StepTurn.Middle,
        (false, true) => StepTurn.Last,
    };
}
