namespace Hybrid.Theory

open System

/// Both exponents over a grid of architectures, [y index][x index].
type PhaseDiagram =
    { X: float[]
      Y: float[]
      Angle: float[][]
      Gradient: float[][] }

/// Exponents on the line, where both are closed: theory.md section 4.
[<RequireQualifiedAccess>]
module PhaseDiagram =

    /// λ_a, λ_g and the difference exponent at the collapsed line: at its stationary norm where there is one, otherwise
    /// the mean over depth along the collapsed trajectory.
    [<CompiledName("OnLine")>]
    let onLine (architecture: Architecture) : BlockExponents =
        let architecture = Architecture.ensureValid architecture
        let laws = Laws.exact architecture

        let stationary =
            if FixedPoints.isUniform architecture && FixedPoints.normsCanSettle architecture then
                let line = FixedPoints.line architecture laws
                if line.Converged then Some line.State.Q else None
            else
                None

        match stationary with
        | Some q -> Exponents.onLine architecture laws 1 q
        | None ->
            let collapsed =
                { architecture with
                    Input =
                        { architecture.Input with
                            Correlation = 1.0 } }

            let blocks = Geometry.forward collapsed laws

            let exponents =
                blocks
                |> Array.mapi (fun i trace -> Exponents.onLine architecture laws (i + 1) trace.Attention.Input.Q)

            { Angle = exponents |> Array.averageBy _.Angle
              Gradient = exponents |> Array.averageBy _.Gradient
              Difference = exponents |> Array.averageBy _.Difference }

    /// The diagram over `build x y`, rows in parallel on every core.
    [<CompiledName("Compute")>]
    let compute (build: Func<float, float, Architecture>) (x: float[]) (y: float[]) : PhaseDiagram =
        let rows =
            y
            |> Array.Parallel.map (fun y -> x |> Array.map (fun x -> onLine (build.Invoke(x, y))))

        { X = x
          Y = y
          Angle = rows |> Array.map (Array.map _.Angle)
          Gradient = rows |> Array.map (Array.map _.Gradient) }
