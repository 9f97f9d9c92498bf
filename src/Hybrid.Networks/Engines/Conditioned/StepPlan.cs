using Hybrid.Architectures;
using Hybrid.Networks.Linear;

namespace Hybrid.Networks.Engines.Conditioned;

/// <summary>What one step of a block keeps for the backward pass. Letters are those of <see cref="CoordinatePlan"/>.</summary>
internal sealed class StepPlan
{
    /// <summary>
    /// Takes its places in the plan, with or without a frame; <paramref name="sublayer"/> takes those of a sublayer behind so many
    /// others.
    /// </summary>
    internal StepPlan(CoordinatePlan plan, Step step, long n, long w, bool frames, Func<Sublayer, int, SublayerPlan> sublayer)
    {
        Sublayers = [.. step.Sublayers.Select(sublayer)];
        Width = CoordinatePlan.FrameWidth(n, step.Sublayers.Length);
        Frame = plan.Take(frames ? n : 0, Width);
        long normalised = step.NormalisesSum ? n : 0;
        NormalisedSum = plan.Take(normalised, w);
        SumScale = plan.Take(normalised, 1);
    }

    /// <summary>First to last.</summary>
    internal SublayerPlan[] Sublayers { get; }

    /// <summary>(1 + k) n: the most coordinates of x', x and the step's k branches.</summary>
    internal int Width { get; }

    /// <summary>E: [n, (1 + k) n], directions of x' in the local frame of x and the branches, if there is one.</summary>
    internal Slot Frame { get; }

    /// <summary>x': [n, w], where the sum is normalised.</summary>
    internal Slot NormalisedSum { get; }

    /// <summary>[n, 1].</summary>
    internal Slot SumScale { get; }
}
