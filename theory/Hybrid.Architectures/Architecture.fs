namespace Hybrid.Architectures

open System
open System.Runtime.InteropServices

/// Optional arguments of a copy: what is not given keeps its value.
[<RequireQualifiedAccess>]
module internal Given =

    let orElse (own: 'a) (given: 'a) =
        if isNull (box given) then own else given

    let valueOrElse (own: 'a) (given: Nullable<'a>) =
        if given.HasValue then given.Value else own

/// Attention sublayer. Skip r_A and branch a_A weights, logit scale σ_A (logits of normalised tokens have variance
/// σ_A²), value scale σ_V (the value path multiplies squared norms by σ_V²), all dimensionless; what a head does besides.
type AttentionParameters =
    { Skip: Schedule
      Branch: Schedule
      LogitStd: float
      ValueStd: float
      Head: HeadParameters }

    /// Plain heads.
    static member Of(skip, branch, logitStd, valueStd) =
        { Skip = skip
          Branch = branch
          LogitStd = logitStd
          ValueStd = valueStd
          Head = HeadParameters.Plain }

    /// A copy with the values that are given.
    member this.With
        (
            [<Optional>] skip: Schedule,
            [<Optional>] branch: Schedule,
            [<Optional>] logitStd: Nullable<float>,
            [<Optional>] valueStd: Nullable<float>,
            [<Optional>] head: HeadParameters
        ) : AttentionParameters =
        { Skip = Given.orElse this.Skip skip
          Branch = Given.orElse this.Branch branch
          LogitStd = Given.valueOrElse this.LogitStd logitStd
          ValueStd = Given.valueOrElse this.ValueStd valueStd
          Head = Given.orElse this.Head head }

/// MLP sublayer y = W_2 φ(W_1 z + b). Skip r_M and branch a_M weights; W_1 entries have variance σ_w²/d, b has
/// variance σ_b², W_2 entries have variance σ_v²/d_mlp, all dimensionless; the experts that take its place, if any.
type MlpParameters =
    { Skip: Schedule
      Branch: Schedule
      InStd: float
      BiasStd: float
      OutStd: float
      Experts: Experts option }

    /// One MLP for all tokens.
    static member Of(skip, branch, inStd, biasStd, outStd) =
        { Skip = skip
          Branch = branch
          InStd = inStd
          BiasStd = biasStd
          OutStd = outStd
          Experts = None }

    /// A copy with the values that are given.
    member this.With
        (
            [<Optional>] skip: Schedule,
            [<Optional>] branch: Schedule,
            [<Optional>] inStd: Nullable<float>,
            [<Optional>] biasStd: Nullable<float>,
            [<Optional>] outStd: Nullable<float>,
            [<Optional>] experts: Experts
        ) : MlpParameters =
        { Skip = Given.orElse this.Skip skip
          Branch = Given.orElse this.Branch branch
          InStd = Given.valueOrElse this.InStd inStd
          BiasStd = Given.valueOrElse this.BiasStd biasStd
          OutStd = Given.valueOrElse this.OutStd outStd
          Experts = if isNull (box experts) then this.Experts else Some experts }

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
        NormKind: NormKind
        /// γ, what every norm multiplies by
        NormGain: Schedule
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
          NormKind = NormKind.Scale
          NormGain = Schedule.Constant 1.0
          Wiring = Wiring.Sequential
          Mask = Mask.None
          Attention = AttentionParameters.Of(Schedule.Constant 1.0, Schedule.Constant 1.0, 1.0, 1.0)
          Mlp = MlpParameters.Of(Schedule.Constant 1.0, Schedule.Constant 1.0, 1.0, 0.0, 1.0)
          Input = { Norm = 1.0; Correlation = 0.0 } }

    /// Whether the stream's own scale means nothing to what the sublayers add (`Placement.IsBlindToScale`). A norm that is tanh does
    /// not divide by it.
    member this.IsBlindToScale = this.NormKind = NormKind.Scale && this.Norm.IsBlindToScale

    /// A copy with the values that are given; F# has its copy-and-update expression too. Not validated.
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
            [<Optional>] normKind: NormKind,
            [<Optional>] normGain: Schedule,
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
          NormKind = Given.orElse this.NormKind normKind
          NormGain = Given.orElse this.NormGain normGain
          Wiring = Given.orElse this.Wiring wiring
          Mask = Given.orElse this.Mask mask
          Attention = Given.orElse this.Attention attention
          Mlp = Given.orElse this.Mlp mlp
          Input = Given.orElse this.Input input }
