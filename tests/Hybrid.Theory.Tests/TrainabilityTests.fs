module Hybrid.Theory.Tests.TrainabilityTests

open Hybrid.Architectures
open Hybrid.Theory
open Xunit

let private network = Networks.plain Placement.Pre Activation.Tanh

let private judge (network: Architecture) stationary angle gradient =
    let blocks = Geometry.forward network (Laws.exact network)
    Trainability.judge network blocks stationary { Angle = angle; Gradient = gradient }

[<Theory>]
[<InlineData(2.9, -2.9, 0)>]
[<InlineData(-3.1, 0.0, 1)>]
[<InlineData(0.0, 8.9, 1)>]
[<InlineData(0.0, -9.1, 2)>]
[<InlineData(9.1, 0.0, 2)>]
let ``The verdict follows the larger of |Σλ_a| and |Σλ_g| against 3 and 9`` (angle: float, gradient: float, rank: int) =
    let verdicts = [| Verdict.Trainable; Verdict.Marginal; Verdict.Untrainable |]
    Assert.Equal(verdicts[rank], (judge network true angle gradient).Verdict)

[<Fact>]
let ``Reasons give both sums with their direction, and say when norms are not stationary`` () =
    let falling = (judge network true -4.0 5.0).Reasons

    Assert.Contains(
        falling,
        fun reason -> reason.Contains "-4.00" && reason.Contains "differences between tokens shrink"
    )

    Assert.Contains(falling, fun reason -> reason.Contains "5.00" && reason.Contains "gradients explode")
    Assert.DoesNotContain(falling, fun reason -> reason.Contains "not stationary")
    let rising = (judge network false 4.0 -5.0).Reasons
    Assert.Contains(rising, fun reason -> reason.Contains "differences between tokens grow")
    Assert.Contains(rising, fun reason -> reason.Contains "gradients vanish")
    Assert.Contains(rising, fun reason -> reason.Contains "not stationary")

[<Fact>]
let ``Strong attention is named with its spread and layer, weak attention is not`` () =
    let strong = network |> Networks.logitStd 6.0 |> Networks.correlated 0.0
    let reasons = (judge strong true 0.0 0.0).Reasons
    Assert.Contains(reasons, fun reason -> reason.Contains "s = 6.0 at layer 1")
    Assert.DoesNotContain((judge network true 0.0 0.0).Reasons, fun reason -> reason.Contains "strong attention")

[<Fact>]
let ``A causal mask is named as a limit of the closed maps`` () =
    let causal = { network with Mask = Mask.Causal }
    Assert.Contains((judge causal true 0.0 0.0).Reasons, fun reason -> reason.Contains "causal mask")

[<Fact>]
let ``A stream's own growth does not count where branches are normalised`` () =
    // r = a = 1 from a small embedding: Σλ_g = log(q_L/q_0) + 1 leaves 1
    for norm, verdict in
        [ Placement.Pre, Verdict.Trainable
          Placement.Peri, Verdict.Trainable
          Placement.Output, Verdict.Trainable
          Placement.None, Verdict.Untrainable ] do
        let embedded =
            { Networks.plain norm Activation.Relu with
                Input = { Norm = 1e-4; Correlation = 0.5 } }

        let blocks = Geometry.forward embedded (Laws.exact embedded)
        let growth = log (blocks[blocks.Length - 1].Output.Q / 1e-4)

        let judged =
            Trainability.judge
                embedded
                blocks
                false
                { Angle = 0.0
                  Gradient = max 10.0 growth + 1.0 }

        Assert.Equal(verdict, judged.Verdict)

        if verdict = Verdict.Trainable then
            Assert.Contains(judged.Reasons, fun reason -> reason.Contains "1.00 counts")

[<Fact>]
let ``Published models are called trainable`` () =
    for name in [ "gpt2"; "llama-7b"; "olmo2-7b"; "gemma2-9b"; "bert-base" ] do
        let preset =
            Presets.all |> Array.find (fun preset -> preset.Architecture.Name = name)

        let short = { preset.Architecture with Tokens = 8 }
        Assert.Equal(Verdict.Trainable, (Predict.architecture short).Trainability.Verdict)
