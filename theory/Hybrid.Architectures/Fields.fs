namespace Hybrid.Architectures

open System
open System.Collections.Generic
open System.Globalization
open Hybrid.Architectures.FieldKinds
open Hybrid.Architectures.FieldShapes

/// The fields of the architecture record, in the order in which it is written: the only list of them.
[<RequireQualifiedAccess>]
module Fields =

    let private attention change (a: Architecture) =
        { a with
            Attention = change a.Attention }

    let private head change =
        attention (fun part -> { part with Head = change part.Head })

    let private mlp change (a: Architecture) = { a with Mlp = change a.Mlp }
    let private input change (a: Architecture) = { a with Input = change a.Input }

    /// Every field.
    [<CompiledName("All")>]
    let all: Field[] =
        [| text "name" "the architecture's name" _.Name (fun value a -> { a with Name = value })
           size "tokens" "n" "tokens in a sequence" _.Tokens (fun value a -> { a with Tokens = value })
           size "depth" "L" "blocks" _.Depth (fun value a -> { a with Depth = value })
           size "width" "d" "coordinates of a token" _.Width (fun value a -> { a with Width = value })
           size "heads" "H" "attention heads; must divide the width" _.Heads (fun value a -> { a with Heads = value })
           size "mlpWidth" "d_mlp" "hidden units of the MLP" _.MlpWidth (fun value a -> { a with MlpWidth = value })
           choice
               "activation"
               "the MLP's nonlinearity φ"
               (Activation.named
                |> Array.map (fun (activation, name) -> struct (name, activation)))
               _.Activation
               (fun value a -> { a with Activation = value })
           flag "gated" "whether hidden units are φ(W_g z) ⊙ W_u z" _.Gated (fun value a -> { a with Gated = value })
           choiceOr
               "norm"
               "where each sublayer is normalised"
               ", or an object of before, branch and sum, each true or false"
               answers
               ofAnswers
               Placement.Named
               _.Norm
               (fun value a -> { a with Norm = value })
           normKind "normKind" "" "what a norm does" _.NormKind (fun value a -> { a with NormKind = value })
           { schedule "normGain" "γ" "what every norm multiplies by" _.NormGain (fun value a ->
                 { a with NormGain = value }) with
               IsOptional = true }
           choice "wiring" "how a block's sublayers follow each other" Wiring.named _.Wiring (fun value a ->
               { a with Wiring = value })
           masks "mask" "which tokens a token attends to" _.Mask (fun value a -> { a with Mask = value })
           schedule "attention.skip" "r_A" "weight of the stream past attention" _.Attention.Skip (fun value ->
               attention (fun part -> { part with Skip = value }))
           schedule "attention.branch" "a_A" "weight of attention's branch" _.Attention.Branch (fun value ->
               attention (fun part -> { part with Branch = value }))
           nonNegative
               "attention.logitStd"
               "σ_A"
               "standard deviation of logits of normalised tokens"
               _.Attention.LogitStd
               (fun value -> attention (fun part -> { part with LogitStd = value }))
           nonNegative "attention.valueStd" "σ_V" "factor of the value path on norms" _.Attention.ValueStd (fun value ->
               attention (fun part -> { part with ValueStd = value }))
           optionalWhole
               "attention.headWidth"
               "d_k"
               "coordinates of a head's queries and keys; null: width/heads"
               (fun _ -> $"null or an integer from 1 to {LargestSize}")
               (fun _ value -> value >= 1 && value <= LargestSize)
               _.Attention.Head.Width
               (fun value -> head (fun part -> { part with Width = value }))
           optionalWhole
               "attention.keyValueHeads"
               "G"
               "heads of keys and values; null: heads"
               (fun a -> $"null or a divisor of heads = {a.Heads}")
               (fun a value -> value >= 1 && a.Heads >= 1 && a.Heads % value = 0)
               _.Attention.Head.KeyValueHeads
               (fun value -> head (fun part -> { part with KeyValueHeads = value }))
           positions
               "attention.positions"
               "how attention is told where tokens are"
               _.Attention.Head.Positions
               (fun value -> head (fun part -> { part with Positions = value }))
           { choice
                 "attention.queryKeyNorm"
                 "which queries and keys are normalised; σ_A then is the product of the gains"
                 QueryKeyNorm.named
                 _.Attention.Head.QueryKeyNorm
                 (fun value -> head (fun part -> { part with QueryKeyNorm = value })) with
               IsOptional = true }
           { schedule
                 "attention.logitScale"
                 ""
                 "what the logits of a layer are multiplied by"
                 _.Attention.Head.LogitScale
                 (fun value -> head (fun part -> { part with LogitScale = value })) with
               IsOptional = true }
           optionalNumber
               "attention.softCap"
               "c"
               "cap of the logits, c tanh(ℓ/c); null: none"
               "null or a finite number > 0"
               (fun value -> value > 0.0)
               _.Attention.Head.SoftCap
               (fun value -> head (fun part -> { part with SoftCap = value }))
           optionalNumber
               "attention.sink"
               "b"
               "logit that takes weight and gives nothing; null: none"
               "null or a finite number"
               (fun _ -> true)
               _.Attention.Head.Sink
               (fun value -> head (fun part -> { part with Sink = value }))
           schedule "mlp.skip" "r_M" "weight of the stream past the MLP" _.Mlp.Skip (fun value ->
               mlp (fun part -> { part with Skip = value }))
           schedule "mlp.branch" "a_M" "weight of the MLP's branch" _.Mlp.Branch (fun value ->
               mlp (fun part -> { part with Branch = value }))
           nonNegative "mlp.inStd" "σ_w" "scale of W_1: entries N(0, σ_w²/d)" _.Mlp.InStd (fun value ->
               mlp (fun part -> { part with InStd = value }))
           nonNegative "mlp.biasStd" "σ_b" "standard deviation of the MLP's bias" _.Mlp.BiasStd (fun value ->
               mlp (fun part -> { part with BiasStd = value }))
           nonNegative "mlp.outStd" "σ_v" "scale of W_2: entries N(0, σ_v²/d_mlp)" _.Mlp.OutStd (fun value ->
               mlp (fun part -> { part with OutStd = value }))
           experts "mlp.experts" "experts in the MLP's place; null: none" _.Mlp.Experts (fun value ->
               mlp (fun part -> { part with Experts = value }))
           number
               "input.norm"
               "q_0"
               "squared norm per coordinate of the tokens that enter"
               (fun _ -> "a finite number > 0")
               (fun _ value -> Double.IsFinite value && value > 0.0)
               _.Input.Norm
               (fun value -> input (fun part -> { part with Norm = value }))
           number
               "input.correlation"
               "ρ_0"
               "correlation of any two tokens that enter"
               (fun a ->
                   $"from −1/(tokens−1) = {(leastCorrelation a.Tokens).ToString(CultureInfo.InvariantCulture)} to 1")
               (fun a value -> value >= leastCorrelation a.Tokens && value <= 1.0)
               _.Input.Correlation
               (fun value -> input (fun part -> { part with Correlation = value })) |]

    let private byPath =
        Dictionary(all |> Array.map (fun field -> KeyValuePair(field.Path, field)))

    /// The field at a dotted path; None where there is none.
    let tryFind (path: string) =
        match byPath.TryGetValue path with
        | true, field -> Some field
        | false, _ -> None

    /// The field at a dotted path, or null, for C#.
    [<CompiledName("Find")>]
    let find (path: string) : Field | null =
        match byPath.TryGetValue path with
        | true, field -> field
        | false, _ -> null
