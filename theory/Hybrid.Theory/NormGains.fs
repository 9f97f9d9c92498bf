namespace Hybrid.Theory

open System
open Hybrid.Architectures

/// Trainable gains γ of the normalisations, uniform over coordinates: N x = γ √d x/‖x‖. `Input` belongs to the norm in
/// front of a branch (pre, peri), `Output` to the norm behind it (peri, output) or behind the sum (post).
type NormGains = { Input: float; Output: float }

/// A uniform gain is no new hyperparameter: it rescales the ones that the architecture has. Derivation section 4.4.
/// RMS and layer normalisation act alike: the mean that layer normalisation removes is one coordinate in d.
[<RequireQualifiedAccess>]
module NormGains =

    /// A module that sees γz instead of z: logits grow by γ², values and pre-activations by γ.
    let private seenThrough gain (architecture: Architecture) =
        { architecture with
            Attention =
                { architecture.Attention with
                    LogitStd = gain * gain * architecture.Attention.LogitStd
                    ValueStd = gain * architecture.Attention.ValueStd }
            Mlp =
                { architecture.Mlp with
                    InStd = gain * architecture.Mlp.InStd } }

    let private branchesTimes gain (architecture: Architecture) =
        { architecture with
            Attention =
                { architecture.Attention with
                    Branch = architecture.Attention.Branch.Scale gain }
            Mlp =
                { architecture.Mlp with
                    Branch = architecture.Mlp.Branch.Scale gain } }

    /// A stream of norm γ² in units of γ: modules see γ times the stream and their outputs count 1/γ.
    let private streamTimes gain (architecture: Architecture) =
        let seen = seenThrough gain architecture

        { seen with
            Attention =
                { seen.Attention with
                    ValueStd = architecture.Attention.ValueStd }
            Mlp =
                { seen.Mlp with
                    OutStd = architecture.Mlp.OutStd / gain }
            Input =
                { architecture.Input with
                    Norm = architecture.Input.Norm / (gain * gain) } }

    /// The architecture with unit gains that behaves as `architecture` with `gains`. Post: its stream is the given one
    /// divided by γ. Gains must be finite and positive; a gain that the placement has not must be 1.
    [<CompiledName("Absorb")>]
    let absorb (gains: NormGains) (architecture: Architecture) : Architecture =
        for name, gain in [ nameof gains.Input, gains.Input; nameof gains.Output, gains.Output ] do
            if not (Double.IsFinite gain && gain > 0.0) then
                raise (ArgumentOutOfRangeException(name, gain, "a normalisation gain must be a finite number > 0"))

        let hasNot name gain =
            if gain <> 1.0 then
                raise (
                    TheoryException(
                        $"placement {architecture.Norm} has no {name} normalisation; its gain must be 1, got {gain}"
                    )
                )

        let placement = architecture.Norm

        if not placement.Before then
            hasNot "input" gains.Input

        if not (placement.OnBranch || placement.OnSum) then
            hasNot "output" gains.Output

        if
            placement.OnSum
            && (placement.Before || placement.OnBranch)
            && gains.Output <> 1.0
        then
            raise (
                TheoryException(
                    $"a gain on the sum is absorbed where the sum alone is normalised (post); placement {placement} with gain {gains.Output} is not derived"
                )
            )

        let seen =
            if placement.Before then
                seenThrough gains.Input architecture
            else
                architecture

        if placement.OnSum then streamTimes gains.Output seen
        elif placement.OnBranch then branchesTimes gains.Output seen
        else seen
