namespace Hybrid.Theory

open System
open Hybrid.Architectures

/// How far one network of finite width lies from the mean over networks: derivation section 14.4.
[<RequireQualifiedAccess>]
module FiniteWidth =

    let internal scatterBy (architecture: Architecture) laws =
        Geometry.follow architecture laws
        |> Array.collect _.Steps
        |> Array.sumBy (fun step ->
            let sum = step.Output.Q * step.Divisor

            if sum = 0.0 then
                0.0
            else
                max 0.0 (1.0 - step.Skip * step.Skip * step.Input.Q / sum))
        |> fun written -> sqrt (4.0 * written / float architecture.Width)

    /// Standard deviation over networks of ln g_d at the input, and to a factor of two of ln u at the output, that weights drawn
    /// afresh give a network of width d: (14.4), s² = (4/d) Σ (1 − w) over its steps, w = r²q/q′ what of the norm passes by the
    /// skip. An order of magnitude, to a factor of two; strong logits come on top. Dimensionless; falls as 1/√d.
    [<CompiledName("Scatter")>]
    let scatter (architecture: Architecture) : float =
        let architecture = Architecture.ensureValid architecture
        scatterBy architecture (Laws.exact architecture)
