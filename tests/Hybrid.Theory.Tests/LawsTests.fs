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

/// Laws as they are computed, as they may be stopped and as a family's tables have them, with what tables may be off by.
let private taken (network: Architecture) =
    let exact = Laws.exact network

    [ "exact", 0.0, exact
      "stoppable", 0.0, Laws.stoppable System.Threading.CancellationToken.None exact
      "tabulated", 1e-9, Laws.tabulated network 1.5 1.5 ]

[<Fact>]
[<Trait("guards", "(2.1) (3.2) 3.5 by property")>]
let ``Laws that may be stopped and those of a family's table are the functions themselves`` () =
    for tokens in [ 2; 9 ] do
        let network =
            { Networks.plain Placement.Pre Activation.Tanh with
                Tokens = tokens }

        for name, tolerance, laws in taken network do
            // of the logit scale s/√u = 1.5 a table is made, of the last one not
            for s, u in [ 1.5 * sqrt 0.1, 0.1; 1.5, 1.0; 0.015, 1e-4; 5.0, 0.4 ] do
                let expected = AttentionMoments.compute tokens s u
                let actual = laws.Attention s u

                Check.withinScale
                    $"{name}, n = {tokens}, s = {s}"
                    (2.0 * tolerance)
                    [ "S1", 1.0, expected.S1, actual.S1
                      "S2", 1.0, expected.S2, actual.S2
                      "T1", 1.0, expected.T1, actual.T1
                      "T2", 1.0, expected.T2, actual.T2 ]

            for v, u in [ 0.1, 0.3; 4.0, 1.2 ] do
                let kernel = Kernels.at network.Activation v
                // each is good to the accuracy that every kernel guarantees
                let accuracy = 2.0 * Kernels.Accuracy * kernel.KappaAtOne
                Check.absolute $"{name}, κ at {v}" accuracy (kernel.Kappa u) ((laws.Mlp v).Kappa u)

[<Fact>]
[<Trait("guards", "(2.3) (3.2) 3.5 by closed form")>]
let ``However laws are taken, logits without spread average and ReLU keeps half of a norm`` () =
    let n = 6.0

    let network =
        { Networks.plain Placement.Pre Activation.Relu with
            Tokens = int n }

    for name, tolerance, laws in taken network do
        let moments = laws.Attention 0.0 0.0

        Check.withinScale
            name
            (2.0 * tolerance + 1e-15)
            [ "S1", 1.0, 1.0 / n, moments.S1
              "S2", 1.0, 1.0 / n, moments.S2
              "T1", 1.0, (1.0 - 1.0 / n) / n, moments.T1
              "T2", 1.0, (1.0 - 1.0 / n) / n, moments.T2
              "κ", 1.0, 1.5, (laws.Mlp 3.0).KappaAtOne
              "κ of independent numbers", 1.0, 1.5 / System.Math.PI, (laws.Mlp 3.0).Kappa 1.0 ]

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
[<Trait("guards", "(6.4) by closed form")>]
let ``On the line a causal average keeps a quarter of the differences and all of the mean`` () =
    for tokens in [ 2; 32 ] do
        let network =
            { Networks.plain Placement.Pre Activation.Tanh with
                Tokens = tokens
                Mask = Mask.Causal }

        let line = (Laws.onLine network (Laws.exact network)).Attention 0.0 0.0
        Check.relative "difference mode S1 − S2" 1e-14 0.25 (line.S1 - line.S2)
        Check.relative "mean mode S1 + (n−1) S2" 1e-14 1.0 (line.S1 + float (tokens - 1) * line.S2)

[<Theory>]
[<InlineData(0.01)>]
[<InlineData(150.0)>]
[<Trait("guards", "(16.3) by sampling")>]
let ``Routers of tokens whose norm vanishes or grows are those that are sampled there`` std =
    let experts = Networks.experts 4 2 Gate.Renormalised 1.0

    let laws =
        Laws.exact
            { Networks.plain Placement.None Activation.Tanh with
                Tokens = 8
                Mlp =
                    { Architecture.defaults.Mlp with
                        Experts = Some experts } }

    let sampled = RouterMoments.compute { experts with RouterStd = std } (8.0 / 7.0)
    let law = laws.Router experts (std * std)
    // five standard errors of .2 %, and a thousandth of what is not linear
    Check.relative "O(1)" (5.0 * sqrt 2.0 * 0.002 + 0.001) sampled.Overlap law.Overlap

    // of 2^18 tokens as many are torn between experts as their logits are closer than 1: of a gap's density, about 1 in σ_r
    let torn (std: float) =
        if std < 1.0 then 0.002 else sqrt (std / 262144.0)

    Check.relative
        "B(1)"
        (5.0 * (torn std + torn (min std 64.0))
         + (if std < 1.0 then 0.001 else 1.0 / 64.0))
        sampled.Slope
        law.Slope

[<Fact>]
let ``However far norms vanish or grow, a handful of routers is sampled for them`` () =
    let experts = Networks.experts 2 2 Gate.Softmax 1.0

    for seen in [ 1e-12; 1e-100; 1e12; 1e100 ] do
        let laws =
            Laws.exact
                { Networks.plain Placement.None Activation.Tanh with
                    Tokens = 3
                    Mlp =
                        { Architecture.defaults.Mlp with
                            Experts = Some experts } }

        let law = laws.Router experts seen
        // equal gates of 1/2 each where logits vanish, one that takes all where they grow
        let limit = if seen < 1.0 then 0.5 else 1.0
        // the share σ_r/FaintRouter or StrongRouter/σ_r of another router: at most 64e-6
        Check.relative $"O(1) at {seen}" 1e-4 limit law.Overlap
        Assert.True(law.Slope >= 0.0 && law.Slope * seen < 1e60, $"B(1) at {seen}: {law.Slope}")
