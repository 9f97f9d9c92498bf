namespace Hybrid.Theory

open Hybrid.Architectures

/// Sums of λ_a and λ_g over all layers: logs of what becomes of u and of gradient power between input and output.
[<Struct>]
type DepthSums = { Angle: float; Gradient: float }

/// The exponents of every block of a network as it is, norms and schedules included: derivation section 6.
type DepthExponents =
    {
        /// the collapsed trajectory, where λ_a is taken
        Line: BlockTrace[]
        /// the trajectory where λ_g is taken: the network's own; the line under a causal mask, whose positions differ
        Blocks: BlockTrace[]
        /// block 1 first; none where the line is not known
        Layers: BlockExponents[]
    }

    /// What trainability is judged by.
    member this.Sums: DepthSums =
        { Angle = this.Layers |> Array.sumBy _.Angle
          Gradient = this.Layers |> Array.sumBy _.Gradient }

[<RequireQualifiedAccess>]
module DepthExponents =

    /// Of a legal architecture, as far as both trajectories stay in double precision.
    let along (architecture: Architecture) laws : DepthExponents =
        let line =
            if Features.haveLine architecture then
                Geometry.follow
                    { architecture with
                        Input =
                            { architecture.Input with
                                Correlation = 1.0 } }
                    (Laws.onLine architecture laws)
            else
                [||]

        let blocks =
            if Features.areClosed architecture then
                Geometry.follow architecture laws
            else
                line

        let both = min line.Length blocks.Length
        let line, blocks = Array.truncate both line, Array.truncate both blocks

        let exponents index (onLine: BlockTrace) (trace: BlockTrace) =
            Exponents.block architecture laws (index + 1) onLine.Input.Q trace.Input

        { Line = line
          Blocks = blocks
          Layers = Array.mapi2 exponents line blocks }
