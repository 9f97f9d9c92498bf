namespace Hybrid.Theory.Tests

open FsCheck
open FsCheck.FSharp
open Hybrid.Architectures
open Hybrid.Theory

/// Architectures that the tests share.
[<RequireQualifiedAccess>]
module Networks =

    let placements = List.ofArray Placement.All

    let wirings =
        Wiring.named |> Array.map (fun struct (_, wiring) -> wiring) |> List.ofArray

    /// r and a of both sublayers, constant over depth.
    let weighted (attentionSkip, attentionBranch) (mlpSkip, mlpBranch) (architecture: Architecture) =
        { architecture with
            Attention =
                { architecture.Attention with
                    Skip = Schedule.Constant attentionSkip
                    Branch = Schedule.Constant attentionBranch }
            Mlp =
                { architecture.Mlp with
                    Skip = Schedule.Constant mlpSkip
                    Branch = Schedule.Constant mlpBranch } }

    let inStd std (architecture: Architecture) =
        { architecture with
            Mlp = { architecture.Mlp with InStd = std } }

    let logitStd std (architecture: Architecture) =
        { architecture with
            Attention =
                { architecture.Attention with
                    LogitStd = std } }

    let correlated rho (architecture: Architecture) =
        { architecture with
            Input =
                { architecture.Input with
                    Correlation = rho } }

    /// Experts without shared or dense ones beside them, of scale 1.
    let experts count active gate routerStd : Experts =
        { Count = count
          Active = active
          Gate = gate
          RouterStd = routerStd
          Scale = 1.0
          Shared = 0.0
          Dense = 0 }

    /// tokens 32, depth 12, all σ = 1, r = a = 1, q₀ = 1, ρ₀ = 1/2
    let plain norm activation =
        { Architecture.defaults with
            Norm = norm
            Activation = activation
            Input = { Norm = 1.0; Correlation = 0.5 } }

    /// A multilayer perceptron without skips or attention: x′ = σ_v W φ(σ_w W′x + σ_b b), the mean-field networks of
    /// Poole et al. 2016 and Schoenholz et al. 2017.
    let perceptron activation sigmaW sigmaB =
        let network =
            plain Placement.None activation
            |> weighted (1.0, 0.0) (0.0, 1.0)
            |> inStd sigmaW

        { network with
            Mlp = { network.Mlp with BiasStd = sigmaB } }

    let private fraction low high = Draw.uniform low high

    /// Legal architectures of any placement, wiring, activation and strength, with norms that settle (r² = 1 − a²).
    let any = gen {
        let! norm = Gen.elements placements
        let! wiring = Gen.elements [ Wiring.Sequential; Wiring.Sequential; Wiring.Parallel ]
        let! activation = Gen.elements (Array.map fst Activation.named)
        let! tokens = Draw.logUniform 2.0 64.0 |> Gen.map (round >> int)
        let! attentionBranch = fraction 0.05 0.9
        let! mlpBranch = fraction 0.05 0.9
        let! sigmaA = fraction 0.0 4.0
        let! sigmaV = fraction 0.2 1.5
        let! sigmaW = fraction 0.3 4.0
        let! sigmaB = Gen.elements [ 0.0; 0.0; 0.5 ]
        let! gated = Gen.elements [ false; false; true ]
        let! position = fraction 0.0 1.0
        let least = Architecture.leastCorrelation tokens
        let skip branch = sqrt (1.0 - branch * branch)

        let network =
            match wiring with
            | Wiring.Sequential ->
                plain norm activation
                |> weighted (skip attentionBranch, attentionBranch) (skip mlpBranch, mlpBranch)
            | Wiring.Parallel ->
                // one r: 1 − r² is what both branches add
                let skip =
                    skip (sqrt (0.5 * (attentionBranch * attentionBranch + mlpBranch * mlpBranch)))

                plain norm activation |> weighted (skip, attentionBranch) (skip, mlpBranch)

        return
            { network with
                Wiring = wiring
                Tokens = tokens
                Gated = gated
                Attention =
                    { network.Attention with
                        LogitStd = sigmaA
                        ValueStd = sigmaV }
                Mlp =
                    { network.Mlp with
                        InStd = sigmaW
                        BiasStd = sigmaB }
                Input =
                    { Norm = 1.0
                      Correlation = least + position * (1.0 - least) } }
    }

    /// Those whose norms have a fixed point on the line, with that norm.
    let settled (architecture: Architecture) =
        let laws = Laws.exact architecture

        if FixedPoints.normsCanSettle architecture then
            let line = FixedPoints.line architecture laws
            if line.Converged then Some(laws, line) else None
        else
            None

    /// The exponents on the line, at its stationary norm where there is one.
    let onLine (architecture: Architecture) =
        PhaseDiagram.Create([ architecture ]).OnLine architecture
