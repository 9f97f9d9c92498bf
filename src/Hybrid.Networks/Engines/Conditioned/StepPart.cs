using Hybrid.Architectures;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Model;

namespace Hybrid.Networks.Engines.Conditioned;

/// <summary>One step of a network in coordinates: sublayers that read the same stream and are added to it together.</summary>
/// <param name="At">What it keeps.</param>
/// <param name="Sublayers">First to last.</param>
internal sealed record StepPart(StepState At, SublayerPart[] Sublayers)
{
    /// <summary>What the sublayer of a module keeps, among those of a block's steps.</summary>
    internal static SublayerState StateOf(StepPart[] steps, ModuleKind module)
    {
        foreach (StepPart step in steps)
        {
            foreach (SublayerPart part in step.Sublayers)
            {
                if (part.Place.Module == module)
                    return part.At;
            }
        }

        throw new InvalidOperationException($"the block has no module {module}");
    }

    /// <summary>The steps of block <paramref name="layer"/>, first to last.</summary>
    /// <param name="architecture">Legal.</param>
    /// <param name="layer">1..depth.</param>
    /// <param name="layout">Its matrices.</param>
    /// <param name="plan">Where everything lies in memory.</param>
    /// <param name="memory">The planned memory.</param>
    /// <param name="modules">A module in single and in double precision.</param>
    internal static StepPart[] Of(
        Architecture architecture,
        int layer,
        ParameterLayout layout,
        CoordinatePlan plan,
        NativeBuffer<double> memory,
        Func<ModuleKind, (IModule Single, IModule Wide)> modules)
    {
        long shift = (layer - 1) * plan.BlockLength;
        Queue<BlockSublayer> walk = new(BlockSublayer.Of(architecture, layer));
        return [.. plan.Steps.Select(step => new StepPart(new StepState(step, memory, shift), [.. step.Sublayers.Select(Part)]))];

        SublayerPart Part(SublayerPlan sublayer)
        {
            BlockSublayer place = walk.Dequeue();
            (IModule single, IModule wide) = modules(place.Module);
            return new(place, new SublayerState(sublayer, memory, layer, shift), single, wide, layout[SublayerPart.OutputOf(place.Module)]);
        }
    }
}
