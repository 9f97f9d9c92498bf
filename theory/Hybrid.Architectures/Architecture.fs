namespace Hybrid.Architectures

open System
open System.Runtime.InteropServices

/// Which tokens a token may attend to.
[<RequireQualifiedAccess>]
type Mask =
    | None
    | Causal

/// The masks by name.
[<RequireQualifiedAccess>]
module Mask =

    /// Every mask with its name in records: the one list of them.
    [<CompiledName("Named")>]
    let named = [| struct ("none", Mask.None); struct ("causal", Mask.Causal) |]

/// Optional arguments of a copy: what is not given keeps its value.
[<RequireQualifiedAccess>]
module internal Given =

    let orElse (own: 'a) (given: 'a) =
        if isNull (box given) then own else given

    let valueOrElse (own: 'a) (given: Nullable<'a>) =
        if given.HasValue then given.Value else own

/// Attention sublayer. Skip r_A and branch a_A weights, logit scale σ_A (logits of normalised tokens have variance
/// σ_A²), value scale σ_V (the value path multiplies squared norms by σ_V²). All dimensionless.
type AttentionParameters =
    { Skip: Schedule
      Branch: Schedule
      LogitStd: float
      ValueStd: float }

    /// A copy with the values that are given.
    member this.With
        (
            [<Optional>] skip: Schedule,
            [<Optional>] branch: Schedule,
            [<Optional>] logitStd: Nullable<float>,
            [<Optional>] valueStd: Nullable<float>
        ) : AttentionParameters =
        { Skip = Given.orElse this.Skip skip
          Branch = Given.orElse this.Branch branch
          LogitStd = Given.valueOrElse this.LogitStd logitStd
          ValueStd = Given.valueOrElse this.ValueStd valueStd }

/// MLP sublayer y = W_2 φ(W_1 z + b). Skip r_M and branch a_M weights; W_1 entries have variance σ_w²/d, b has
/// variance σ_b², W_2 entries have variance σ_v²/d_mlp. All dimensionless.
type MlpParameters =
    { Skip: Schedule
      Branch: Schedule
      InStd: float
      BiasStd: float
      OutStd: float }

    /// A copy with the values that are given.
    member this.With
        (
            [<Optional>] skip: Schedule,
            [<Optional>] branch: Schedule,
            [<Optional>] inStd: Nullable<float>,
            [<Optional>] biasStd: Nullable<float>,
            [<Optional>] outStd: Nullable<float>
        ) : MlpParameters =
        { Skip = Given.orElse this.Skip skip
          Branch = Given.orElse this.Branch branch
          InStd = Given.valueOrElse this.InStd inStd
          BiasStd = Given.valueOrElse this.BiasStd biasStd
          OutStd = Given.valueOrElse this.OutStd outStd }

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
        /// where every sublayer is normalised
        Norm: Placement
        Wiring: Wiring
        Mask: Mask
        Attention: AttentionParameters
        Mlp: MlpParameters
        Input: InputParameters
    }

    /// Every field at the default that the record's documentation states: what an empty record `{}` means.
    static member Defaults: Architecture =
        { Name = "example"
          Tokens = 32
          Depth = 12
          Width = 768
          Heads = 1
          MlpWidth = 768
          Activation = Activation.Tanh
          Gated = false
          Norm = Placement.Pre
          Wiring = Wiring.Sequential
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

    /// A copy with the values that are given, for C#; F# has its copy-and-update expression. Not validated.
    member this.With
        (
            [<Optional>] name: string,
            [<Optional>] tokens: Nullable<int>,
            [<Optional>] depth: Nullable<int>,
            [<Optional>] width: Nullable<int>,
            [<Optional>] heads: Nullable<int>,
            [<Optional>] mlpWidth: Nullable<int>,
            [<Optional>] activation: Activation,
            [<Optional>] gated: Nullable<bool>,
            [<Optional>] norm: Placement,
            [<Optional>] wiring: Wiring,
            [<Optional>] mask: Mask,
            [<Optional>] attention: AttentionParameters,
            [<Optional>] mlp: MlpParameters,
            [<Optional>] input: InputParameters
        ) : Architecture =
        { Name = Given.orElse this.Name name
          Tokens = Given.valueOrElse this.Tokens tokens
          Depth = Given.valueOrElse this.Depth depth
          Width = Given.valueOrElse this.Width width
          Heads = Given.valueOrElse this.Heads heads
          MlpWidth = Given.valueOrElse this.MlpWidth mlpWidth
          Activation = Given.orElse this.Activation activation
          Gated = Given.valueOrElse this.Gated gated
          Norm = Given.orElse this.Norm norm
          Wiring = Given.orElse this.Wiring wiring
          Mask = Given.orElse this.Mask mask
          Attention = Given.orElse this.Attention attention
          Mlp = Given.orElse this.Mlp mlp
          Input = Given.orElse this.Input input }
