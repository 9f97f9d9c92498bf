namespace Hybrid.Architectures

open System
open System.Globalization

/// A hyperparameter that is one number for every layer, or one number per layer (layer 1 first).
[<RequireQualifiedAccess>]
type Schedule =
    | Constant of float
    | PerLayer of float[]

    /// The value in block `layer`, 1 ≤ layer ≤ depth.
    member this.At(layer: int) =
        match this with
        | Constant value -> value
        | PerLayer values -> values[layer - 1]

    /// Every value times `factor`.
    member this.Scale(factor: float) =
        match this with
        | Constant value -> Constant(factor * value)
        | PerLayer values -> PerLayer(values |> Array.map (fun value -> factor * value))

    /// Every value that the schedule holds.
    member this.Values =
        match this with
        | Constant value -> [| value |]
        | PerLayer values -> values

/// Where the normalisation N stands in a sublayer x' = r x + a f(x); theory.md section 1.
[<RequireQualifiedAccess>]
type Norm =
    /// x' = r x + a f(x)
    | None
    /// x' = r x + a f(N x)
    | Pre
    /// x' = N(r x + a f(x))
    | Post
    /// x' = r x + a N(f(N x))
    | Peri
    /// x' = r x + a N(f(x))
    | Output

/// Which tokens a token may attend to.
[<RequireQualifiedAccess>]
type Mask =
    | None
    | Causal


/// Attention sublayer. Skip r_A and branch a_A weights, logit scale σ_A (logits of normalised tokens have variance
/// σ_A²), value scale σ_V (the value path multiplies squared norms by σ_V²). All dimensionless.
type AttentionParameters =
    { Skip: Schedule
      Branch: Schedule
      LogitStd: float
      ValueStd: float }

/// MLP sublayer y = W_2 φ(W_1 z + b). Skip r_M and branch a_M weights; W_1 entries have variance σ_w²/d, b has
/// variance σ_b², W_2 entries have variance σ_v²/d_mlp. All dimensionless.
type MlpParameters =
    { Skip: Schedule
      Branch: Schedule
      InStd: float
      BiasStd: float
      OutStd: float }

/// The tokens that enter block 1: squared norm per coordinate q₀ = ‖x‖²/d and correlation ρ₀ between any two.
type InputParameters = { Norm: float; Correlation: float }

/// A transformer and its initialisation: all that the theory is told and all that an engine builds.
type Architecture =
    {
        Name: string
        /// n, tokens in a sequence
        Tokens: int
        /// L, blocks
        Depth: int
        /// d, coordinates of a token
        Width: int
        /// H, attention heads; divides the width
        Heads: int
        /// d_mlp, hidden units of the MLP
        MlpWidth: int
        Activation: Activation
        /// GLU: φ(W_g z) ⊙ W_u z instead of φ(W_1 z)
        Gated: bool
        Norm: Norm
        Mask: Mask
        Attention: AttentionParameters
        Mlp: MlpParameters
        Input: InputParameters
    }

/// One illegal field of an architecture: its path in the JSON record, what was received, what is legal.
type ValidationError =
    { Field: string
      Received: string
      Legal: string }

    override this.ToString() =
        $"{this.Field} must be {this.Legal}, got {this.Received}"

/// An architecture that violates the range of at least one field.
type InvalidArchitectureException(name: string, errors: ValidationError[]) =
    inherit
        ArgumentException(
            $"architecture '{name}': "
            + String.Join("; ", errors |> Array.map (fun error -> error.ToString()))
        )

    /// The violated fields, in the record's order; never empty.
    member _.Errors = errors

/// Defaults and validation of the architecture record; the ranges stated here are the only ones.
[<RequireQualifiedAccess>]
module Architecture =

    /// The record with every field at the default that design.md documents.
    [<CompiledName("Defaults")>]
    let defaults =
        { Name = "example"
          Tokens = 32
          Depth = 12
          Width = 768
          Heads = 1
          MlpWidth = 768
          Activation = Activation.Tanh
          Gated = false
          Norm = Norm.Pre
          Mask = Mask.None
          Attention =
            { Skip = Schedule.Constant 1.0
              Branch = Schedule.Constant 1.0
              LogitStd = 1.0
              ValueStd = 1.0 }
          Mlp =
            { Skip = Schedule.Constant 1.0
              Branch = Schedule.Constant 1.0
              InStd = 1.0
              BiasStd = 0.0
              OutStd = 1.0 }
          Input = { Norm = 1.0; Correlation = 0.0 } }

    /// Largest value of any size field; beyond it no engine could allocate a single layer.
    [<Literal>]
    let LargestSize = 16_777_216

    let private show (value: float) =
        value.ToString("R", CultureInfo.InvariantCulture)

    let private error field (received: string) legal =
        { Field = field
          Received = received
          Legal = legal }

    let private size field value =
        if value >= 1 && value <= LargestSize then
            []
        else
            [ error field (string value) $"an integer from 1 to {LargestSize}" ]

    /// Longest name, in UTF-16 units: that of a file, which it may come from.
    [<Literal>]
    let LongestName = 255

    /// What would break a line, or steer the terminal that a report is read on, is no name.
    let private name (value: string) =
        if value.Length <= LongestName && not (Seq.exists Char.IsControl value) then
            []
        else
            [ error
                  "name"
                  $"{value.Length} characters"
                  $"at most {LongestName} characters, none of them a control character" ]

    let private nonNegative field value =
        if Double.IsFinite value && value >= 0.0 then
            []
        else
            [ error field (show value) "a finite number ≥ 0" ]

    let private schedule depth field (schedule: Schedule) =
        let length =
            match schedule with
            | Schedule.PerLayer values when values.Length <> depth ->
                [ error field $"an array of {values.Length}" $"a number or an array of length depth = {depth}" ]
            | Schedule.PerLayer _
            | Schedule.Constant _ -> []

        let entries =
            schedule.Values
            |> Array.tryFind (fun value -> not (Double.IsFinite value && value >= 0.0))
            |> Option.map (fun value -> error field (show value) "finite numbers ≥ 0")
            |> Option.toList

        length @ entries

    /// Both weights zero would erase the residual stream in that layer.
    let private alive depth field (skip: Schedule) (branch: Schedule) =
        let dead layer =
            skip.At layer = 0.0 && branch.At layer = 0.0

        match Seq.tryFind dead (seq { 1..depth }) with
        | Some layer -> [ error field $"0 and 0 in layer {layer}" "such that skip and branch are not both 0" ]
        | None -> []

    /// Least correlation that n equal-norm vectors can share: −1/(n−1), and −1 for a single token.
    [<CompiledName("LeastCorrelation")>]
    let leastCorrelation tokens =
        if tokens > 1 then -1.0 / float (tokens - 1) else -1.0

    /// Every violated range, in the record's order; empty for a legal architecture.
    [<CompiledName("Validate")>]
    let validate (architecture: Architecture) : ValidationError[] =
        let a = architecture

        let sizes =
            size "tokens" a.Tokens
            @ size "depth" a.Depth
            @ size "width" a.Width
            @ size "heads" a.Heads
            @ size "mlpWidth" a.MlpWidth

        let heads =
            if a.Heads >= 1 && a.Width % a.Heads <> 0 then
                [ error "heads" (string a.Heads) $"a divisor of width = {a.Width}" ]
            else
                []

        let schedules =
            schedule a.Depth "attention.skip" a.Attention.Skip
            @ schedule a.Depth "attention.branch" a.Attention.Branch
            @ schedule a.Depth "mlp.skip" a.Mlp.Skip
            @ schedule a.Depth "mlp.branch" a.Mlp.Branch

        let weights =
            nonNegative "attention.logitStd" a.Attention.LogitStd
            @ nonNegative "attention.valueStd" a.Attention.ValueStd
            @ nonNegative "mlp.inStd" a.Mlp.InStd
            @ nonNegative "mlp.biasStd" a.Mlp.BiasStd
            @ nonNegative "mlp.outStd" a.Mlp.OutStd

        let streams =
            if sizes.IsEmpty && schedules.IsEmpty then
                alive a.Depth "attention.skip and attention.branch" a.Attention.Skip a.Attention.Branch
                @ alive a.Depth "mlp.skip and mlp.branch" a.Mlp.Skip a.Mlp.Branch
            else
                []

        let input =
            let least = leastCorrelation a.Tokens

            (if Double.IsFinite a.Input.Norm && a.Input.Norm > 0.0 then
                 []
             else
                 [ error "input.norm" (show a.Input.Norm) "a finite number > 0" ])
            @ (if a.Input.Correlation >= least && a.Input.Correlation <= 1.0 then
                   []
               else
                   [ error
                         "input.correlation"
                         (show a.Input.Correlation)
                         $"from −1/(tokens−1) = {least.ToString(CultureInfo.InvariantCulture)} to 1" ])

        Array.ofList (name a.Name @ sizes @ heads @ schedules @ weights @ streams @ input)

    /// Throws InvalidArchitectureException that names every violated field; otherwise returns the architecture.
    [<CompiledName("EnsureValid")>]
    let ensureValid (architecture: Architecture) =
        match validate architecture with
        | [||] -> architecture
        | errors -> raise (InvalidArchitectureException(architecture.Name, errors))
