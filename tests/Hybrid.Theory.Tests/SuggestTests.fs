module Hybrid.Theory.Tests.SuggestTests

open System
open FsCheck.FSharp
open Hybrid.Architectures
open Hybrid.Theory
open Xunit

let private preset name =
    match Presets.tryFind name with
    | Some preset -> preset.Architecture
    | None -> invalidArg (nameof name) $"no preset '{name}'"

let private limit = Trainability.limits.Trainable

[<Fact>]
let ``A trainable network is left as it is, and told so`` () =
    for name in [ "pre-tanh-critical"; "gpt2"; "llama-7b" ] do
        let suggestion = Suggest.architecture { preset name with Tokens = 16 } limit

        Assert.True suggestion.AlreadyTrainable
        Assert.True suggestion.Reached

        for factor in suggestion.Factors do
            Assert.Equal(1.0, factor.Factor)

        Assert.Equal(suggestion.Architecture, suggestion.Suggested)

[<Fact>]
let ``Logits of any strength are lowered to where the network can train`` () =
    let critical = preset "pre-tanh-critical"

    for logitStd in [ 500.0; 1e30 ] do
        let suggestion =
            Suggest.architecture
                { critical with
                    Attention =
                        { critical.Attention with
                            LogitStd = logitStd } }
                limit

        Assert.True suggestion.Reached

        for factor in suggestion.Factors do
            Assert.Equal(factor.Fields = [| "attention.logitStd" |], factor.Factor <> 1.0)

[<Fact>]
[<Trait("guards", "(11.1) by property")>]
let ``What is suggested is trainable when predicted afresh, and inside the budget rather than at its edge`` () =
    let deep =
        Networks.any
        |> Gen.map (fun network ->
            { network with
                Depth = 16
                Heads = 64
                Tokens = min 16 network.Tokens })

    Check.holds 6 deep (fun network ->
        let suggestion = Suggest.architecture network limit

        if suggestion.Reached then
            let again = Predict.architecture suggestion.Suggested
            Assert.Equal(Verdict.Trainable, again.Trainability.Verdict)
            Assert.Equal(suggestion.After.Sums, again.Trainability.Sums))

[<Theory>]
[<InlineData("post-relu")>]
[<InlineData("pre-tanh-ordered")>]
[<Trait("guards", "(11.1) by property")>]
let ``A preset that is not trainable is mended`` name =
    let suggestion = Suggest.architecture (preset name) limit
    Assert.False suggestion.AlreadyTrainable
    Assert.True suggestion.Reached
    Assert.Equal(Verdict.Trainable, (Predict.architecture suggestion.Suggested).Trainability.Verdict)
    Check.atMost "counted" (0.95 * limit) suggestion.After.Sums.Counted

[<Fact>]
let ``Where attention explodes under a causal mask the suggestion lowers its logits`` () =
    let strong =
        { Architecture.defaults with
            Tokens = 32
            Depth = 12
            Width = 512
            Heads = 16
            Activation = Activation.Gelu
            Gated = true
            Norm = Placement.Peri
            Mask = Mask.Causal
            Attention =
                { Architecture.defaults.Attention with
                    LogitStd = 16.0 } }

    let suggestion = Suggest.architecture strong limit
    Assert.True suggestion.Reached
    Check.atMost "logitStd" 15.0 suggestion.Suggested.Attention.LogitStd
    Assert.Equal(Verdict.Trainable, (Predict.architecture suggestion.Suggested).Trainability.Verdict)

[<Fact>]
let ``Where the error alone reaches over a limit logits are lowered until it does not, whatever a stand-in's few rows say``
    ()
    =
    // LLaMA 7B with all weights N(0, 1)
    let llama = preset "llama-7b"
    let width = sqrt (float llama.Width)

    let network =
        { llama with
            Input = { llama.Input with Norm = 1.0 }
            Attention =
                { llama.Attention with
                    LogitStd = width * width
                    ValueStd = width * width }
            Mlp =
                { llama.Mlp with
                    InStd = width
                    OutStd = sqrt (float llama.MlpWidth) } }

    let suggestion = Suggest.architecture network limit
    Assert.Equal(Verdict.Undecided, suggestion.Before.Verdict)
    Assert.True suggestion.Reached
    Assert.Equal(Verdict.Trainable, (Predict.architecture suggestion.Suggested).Trainability.Verdict)

[<Fact>]
let ``A budget that is not positive is refused`` () =
    Assert.Throws<ArgumentOutOfRangeException>(fun () -> Suggest.architecture (preset "gpt2") 0.0 |> ignore)

[<Fact>]
[<Trait("guards", "(11.1) by property")>]
let ``A tighter budget takes a larger change`` () =
    let size budget =
        (Suggest.architecture (preset "post-relu") budget).Factors
        |> Array.sumBy (fun factor -> log factor.Factor ** 2.0)

    Check.atLeast "change" (size 4.0 + 1e-6) (size 2.0)

[<Fact>]
[<Trait("guards", "(11.1) by sampling")>]
let ``No smaller change meets what the search aims at, of many that are near the suggested one`` () =
    // both sums are beyond the aim, of either sign, so that both constraints are active and every factor takes part
    let network =
        { Networks.plain Placement.Post Activation.Tanh with
            Tokens = 8
            Depth = 12
            Heads = 64 }
        |> Networks.inStd 4.0
        |> Networks.logitStd 4.0

    let budget = 3.0
    let suggestion = Suggest.architecture network budget
    let logs = suggestion.Factors |> Array.map (fun factor -> log factor.Factor)
    let size = logs |> Array.sumBy (fun x -> x * x) |> sqrt
    Assert.All(logs, fun x -> Assert.NotEqual(0.0, x))

    let counted (logs: float[]) =
        let changed =
            Array.fold2
                (fun a (factor: SuggestedFactor) log ->
                    factor.Fields
                    |> Array.fold (fun a path -> (Fields.tryFind path).Value.Scale (exp log) a) a)
                network
                suggestion.Factors
                logs

        (Trainability.sumsOf changed (Trajectory.closed changed (Laws.exact changed)).Layers).Counted

    // four fifths of the budget are aimed at, which the search meets to 1e-4; how far inside it may end is what smaller changes tell
    let aim = 0.8 * budget
    Check.atMost "what is counted" (aim * (1.0 + 1e-4)) (counted logs)
    let random = Random 31

    let normal () =
        sqrt (-2.0 * log (1.0 - random.NextDouble()))
        * cos (2.0 * Math.PI * random.NextDouble())

    let shorter =
        Array.init 200 (fun index ->
            // from nearly the suggested direction to all of them
            let spread = 0.02 * 1.03 ** float index
            let x = logs |> Array.map (fun log -> log / size + spread * normal ())
            let length = x |> Array.sumBy (fun x -> x * x) |> sqrt
            // the search ends where a step would make ½‖x‖² smaller by less than a hundredth, the size by half of that
            x |> Array.map (fun x -> 0.98 * size * x / length))

    for x in shorter do
        Check.atLeast "what a smaller change leaves" (aim * (1.0 + 1e-4)) (counted x)

[<Fact>]
let ``Where no factor helps it says so: without a skip around attention every difference is lost in one block`` () =
    let skipless =
        let plain = preset "post-relu"

        { plain with
            Attention =
                { plain.Attention with
                    Skip = Schedule.Constant 0.0 } }

    Assert.False (Suggest.architecture skipless limit).Reached

[<Fact>]
[<Trait("guards", "11 by closed form")>]
let ``DeepNorm's angle exponent falls with depth as its constants say`` () =
    let angle depth =
        Recipes.apply
            { preset "post-relu" with
                Depth = depth }
        |> Array.filter (fun alternative -> alternative.Recipe = "DeepNorm")
        |> Array.map (fun alternative -> alternative.Exponents.Angle)
        |> Array.exactlyOne

    // for ReLU χ = κ, so λ_a = −log(1 + β⁴σ_V²/α²) with β⁴/α² = (8L)⁻¹(2L)^(−1/2)
    for depth in [ 24; 96 ] do
        let l = float depth
        Check.relative $"λ_a at L = {depth}" 1e-10 (-log(1.0 + 1.0 / (8.0 * l * sqrt (2.0 * l)))) (angle depth)

[<Theory>]
[<InlineData("pre")>]
[<InlineData("peri")>]
[<InlineData("post")>]
[<Trait("guards", "11 by property")>]
let ``Recipes for many layers count what the exact maps of each layer do`` name =
    let norm = Placement.All |> Array.find (fun placement -> string placement = name)

    let deep =
        { Networks.plain norm Activation.Gelu with
            Depth = 120
            Tokens = 16
            Heads = 4 }

    for alternative in Recipes.apply deep do
        let exact = (Predict.architecture alternative.Architecture).Trainability.Sums

        let sums = alternative.Trainability.Sums
        // moments between nodes are good to 1e-5, fluctuations of heads, which are a few per cent of a layer's change, to two per cent:
        // shares of what all layers change
        let error total = 1e-3 * (1e-3 + abs total)

        Check.absolute $"angle, {alternative.Recipe}" (error exact.Angle) exact.Angle sums.Angle
        Check.absolute $"gradient, {alternative.Recipe}" (error exact.Inner) exact.Inner sums.Inner
