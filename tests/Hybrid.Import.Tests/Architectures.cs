using FsCheck;
using FsCheck.Fluent;
using Hybrid.Architectures;

namespace Hybrid.Import.Tests;

/// <summary>Random legal architectures.</summary>
internal static class Architectures
{
    private static readonly Gen<double> Positive = Gen.Choose(1, 1_000_000).Select(k => k / 333_333.0);

    private static readonly Gen<double> NonNegative = Gen.Frequency((1, Gen.Constant(0.0)), (5, Positive));

    public static readonly Gen<Architecture> Legal =
        from depth in Gen.Choose(1, 7)
        from heads in Gen.Choose(1, 6)
        from headWidth in Gen.Choose(1, 40)
        from tokens in Gen.Choose(1, 50)
        from mlpWidth in Gen.Choose(1, 300)
        from activation in Gen.Elements(
            Activation.Linear, Activation.Relu, Activation.LeakyRelu, Activation.Erf, Activation.Tanh,
            Activation.Gelu, Activation.GeluTanh, Activation.Silu, Activation.Sigmoid)
        from gated in Gen.Elements(true, false)
        from norm in Gen.Elements(Placement.None, Placement.Pre, Placement.Post, Placement.Peri, Placement.Output)
        from mask in Gen.Elements(Mask.None, Mask.Causal)
        from skips in Gen.Two(ScheduleOf(depth, NonNegative))
        from branches in Gen.Two(ScheduleOf(depth, Positive))
        from scales in Gen.ArrayOf(NonNegative, 5)
        from inputNorm in Positive
        from fraction in Gen.Choose(0, 1000)
        from name in Gen.Elements("a", "naïve \"quoted\" name", "λ\\σ", "")
        let least = ArchitectureModule.LeastCorrelation(tokens)
        select ArchitectureModule.Defaults.With(
            name: name,
            tokens: tokens,
            depth: depth,
            width: heads * headWidth,
            heads: heads,
            mlpWidth: mlpWidth,
            activation: activation,
            gated: gated,
            norm: norm,
            mask: mask,
            attention: AttentionParameters.Of(skips.Item1, branches.Item1, scales[0], scales[1]),
            mlp: MlpParameters.Of(skips.Item2, branches.Item2, scales[2], scales[3], scales[4]),
            input: new InputParameters(inputNorm, least + (1 - least) * fraction / 1000));

    private static Gen<Schedule> ScheduleOf(int depth, Gen<double> values) => Gen.OneOf(
        values.Select(Schedule.NewConstant),
        Gen.ArrayOf(values, depth).Select(Schedule.NewPerLayer));
}
