module Hybrid.Theory.Tests.LawsTests

open Hybrid.Architectures
open Hybrid.Theory
open Xunit

[<Fact>]
let ``Remembered laws are the functions themselves`` () =
    let network = Networks.plain Placement.Pre Activation.Tanh
    let laws = Laws.exact network

    for _ in 1..2 do
        Assert.Equal(AttentionMoments.compute network.Tokens 1.3 0.4, laws.Attention 1.3 0.4)
        Assert.Equal((Kernels.at network.Activation 2.0).Kappa 0.4, (laws.Mlp 2.0).Kappa 0.4)

    Assert.Same(laws.Mlp 2.0, laws.Mlp 2.0)

[<Fact>]
let ``On the line attention is the uniform average: the limit s → 0 of the exact moments`` () =
    for tokens in [ 1; 2; 32 ] do
        let network =
            { Networks.plain Placement.Pre Activation.Tanh with
                Tokens = tokens }

        let line = (Laws.onLine network (Laws.exact network)).Attention 0.0 0.0
        let exact = AttentionMoments.compute tokens 0.0 0.0

        Check.withinScale
            $"n = {tokens}"
            1e-15
            [ "S1", 1.0, exact.S1, line.S1
              "S2", 1.0, exact.S2, line.S2
              "T1", 1.0, exact.T1, line.T1
              "T2", 1.0, exact.T2, line.T2 ]

[<Fact>]
let ``On the line a causal average keeps a quarter of the differences and all of the mean`` () =
    for tokens in [ 2; 32 ] do
        let network =
            { Networks.plain Placement.Pre Activation.Tanh with
                Tokens = tokens
                Mask = Mask.Causal }

        let line = (Laws.onLine network (Laws.exact network)).Attention 0.0 0.0
        Check.relative "difference mode S1 − S2" 1e-14 0.25 (line.S1 - line.S2)
        Check.relative "mean mode S1 + (n−1) S2" 1e-14 1.0 (line.S1 + float (tokens - 1) * line.S2)
