module Hybrid.Theory.Tests.FixedPointsTests

open FsCheck.FSharp
open Hybrid.Architectures
open Hybrid.Theory
open Xunit

let private chaotic =
    Networks.plain Placement.Pre Activation.Tanh
    |> Networks.weighted (0.87, 0.5) (0.87, 0.5)
    |> Networks.inStd 8.0

let private attractorOf (network: Architecture) =
    let laws = Laws.exact network
    let line = FixedPoints.line network laws
    laws, line, FixedPoints.attractor network laws line (Exponents.angle network laws 1 line.State.Q)

[<Fact>]
[<Trait("guards", "(7.1) by property")>]
let ``The norm on the line is a fixed point to 1e-12 wherever it converges`` () =
    Check.holds 100 Networks.any (fun network ->
        let laws = Laws.exact network

        if FixedPoints.normsCanSettle network then
            let line = FixedPoints.line network laws

            if line.Converged then
                Check.atMost $"residual, {network.Norm} {network.Activation}" 1e-12 line.Residual
                let again = (Geometry.block network (Laws.onLine network laws) 1 line.State).Output
                // the attractor's state is one block after the residual was taken
                Check.relative "q after one more block" 2e-12 line.State.Q again.Q)

[<Fact>]
let ``With shrinking skips every pre, peri, output and post norm settles`` () =
    Check.holds 100 Networks.any (fun network ->
        if network.Norm <> Placement.None then
            Assert.True((FixedPoints.line network (Laws.exact network)).Converged, $"{network}"))

[<Fact>]
let ``The attracting simplex of a chaotic network is fixed to 1e-12 and lies between the simplex and the line`` () =
    let _, _, simplex = attractorOf chaotic
    Assert.True simplex.Converged
    Check.atMost "residual" 1e-12 simplex.Residual
    Check.atLeast "ρ*" (-1.0 / 31.0) simplex.State.Rho
    Check.atLeast "u*" 1e-3 simplex.State.U

[<Fact>]
[<Trait("guards", "(7.2) by property")>]
let ``The certified contraction is the rate at which perturbations die out`` () =
    let laws, line, simplex = attractorOf chaotic
    let angle = Exponents.angle chaotic laws 1 line.State.Q
    let contraction = FixedPoints.contraction chaotic laws simplex.State angle
    Check.atMost "contraction" 0.999 contraction

    // a hundredth up and down in q and in u: after 60 blocks the faster mode is gone and what is left linear
    for q, u in [ 1.0, 1.01; 1.0, 0.99; 1.01, 1.0; 0.99, 1.0; 1.01, 0.99 ] do
        let mutable state =
            { Q = simplex.State.Q * q
              U = simplex.State.U * u }

        let distances =
            Array.init 60 (fun _ ->
                state <- (Geometry.block chaotic laws 1 state).Output
                struct (log (state.Q / simplex.State.Q), log (state.U / simplex.State.U)))

        let struct (q0, u0), struct (q1, u1) = distances[58], distances[59]
        Check.relative $"rate of u from {q}, {u}" 1e-2 contraction (u1 / u0)
        Check.relative $"rate of q from {q}, {u}" 1e-2 contraction (q1 / q0)

    // on the line of a chaotic network differences grow
    Check.relative "line" 1e-9 (exp angle) (FixedPoints.contraction chaotic laws line.State angle)

// A saturating MLP whose large bias all tokens share puts in what the skips take away: differences have no such source.
// Where branches are normalised q' = r²q + a² whatever the state is: on its line ln q shrinks by the product of the skips' squares.
[<Fact>]
[<Trait("guards", "(7.2) by closed form")>]
let ``Behind normalised branches the norm's contraction is the product of the skips' squares`` () =
    let network =
        Networks.plain Placement.Peri Activation.Tanh
        |> Networks.weighted (0.95, 0.9) (0.9, 0.9)

    let laws = Laws.exact network
    let line = FixedPoints.line network laws
    // of differences that are said to shrink to e⁻¹, the norm's rate is the slower one; by a difference over 1e-6 of ln q
    Check.relative "rate" 1e-6 ((0.95 * 0.9) ** 2.0) (FixedPoints.contraction network laws line.State -1.0)

[<Fact>]
[<Trait("guards", "(7.2) by property")>]
let ``Block after block a network comes to the state that is sought by Newton's method`` () =
    let laws, _, simplex = attractorOf chaotic
    let reached = FixedPoints.reached chaotic laws
    Assert.True(reached.Converged, $"residual {reached.Residual}")
    // both stop at a residual of 1e-12, which a contraction c multiplies by 1/(1 − c), below 100
    Check.relative "q" 1e-10 simplex.State.Q reached.State.Q
    Check.relative "u" 1e-10 simplex.State.U reached.State.U

[<Fact>]
[<Trait("guards", "(7.2) by property")>]
let ``Slopes that a step updates are the secant's along it and the old ones across it`` () =
    // F = (a q^.7 u^.2, b q^-.4 u^.5), linear in logs, so that Newton's own slopes would be .7, .2, -.4 and .5
    let map (state: TokenSimplex) : TokenSimplex =
        { Q = 1.3 * state.Q ** 0.7 * state.U ** 0.2
          U = 0.6 * state.Q ** -0.4 * state.U ** 0.5 }

    let between (first: TokenSimplex) (second: TokenSimplex) =
        log (second.Q / first.Q), log (second.U / first.U)

    let apply struct (a, b, c, d) (x, y) = a * x + b * y, c * x + d * y
    let state = { Q = 2.0; U = 0.3 }
    let own = struct (0.7, 0.2, -0.4, 0.5)
    let attractor = FixedPoints.newton own state (map state)
    let residual = between attractor (map attractor)
    Check.withinScale "own slopes" 1e-14 [ "ln q", 1.0, 0.0, fst residual; "ln u", 1.0, 0.0, snd residual ]

    let slopes = struct (0.5, 0.4, -0.1, 0.2)
    let proposed = FixedPoints.newton slopes state (map state)
    let updated = FixedPoints.broyden slopes state proposed (map proposed)
    let q, u = between state proposed
    let along, secant = apply updated (q, u), between (map state) (map proposed)
    let across, old = apply updated (-u, q), apply slopes (-u, q)

    Check.withinScale
        "updated"
        1e-14
        [ "along, ln q", 1.0, fst secant, fst along
          "along, ln u", 1.0, snd secant, snd along
          "across, ln q", 1.0, fst old, fst across
          "across, ln u", 1.0, snd old, snd across ]

[<Fact>]
let ``On the line the contraction is the norm's rate where that is the slower one`` () =
    let network =
        Networks.plain Placement.None Activation.Tanh
        |> Networks.weighted (0.95, 0.2) (0.95, 0.3)

    let ordered =
        { network with
            Mlp = { network.Mlp with BiasStd = 3.0 } }

    let laws = Laws.exact ordered
    let line = FixedPoints.line ordered laws
    let angle = Exponents.angle ordered laws 1 line.State.Q
    let contraction = FixedPoints.contraction ordered laws line.State angle
    Check.atMost "differences" (contraction - 0.01) (exp angle)

    let mutable state =
        { line.State with
            Q = line.State.Q * 1.0001 }

    let distances =
        Array.init 3 (fun _ ->
            state <- (Geometry.block ordered (Laws.onLine ordered laws) 1 state).Output
            log (state.Q / line.State.Q))

    // linear to a share of the distance itself, 1e-4; the fixed point is known to 1e-12 of 1e-4
    Check.relative "rate" 2e-4 contraction (distances[1] / distances[0])
    Check.relative "rate" 2e-4 contraction (distances[2] / distances[1])

// Gated units square the norm, and logits grow with it: without a norm in between q and u drive each other around a fixed point.
[<Fact>]
[<Trait("guards", "(7.2) by property")>]
let ``Where states turn around a fixed point the contraction is the root of the growth of areas`` () =
    let plain =
        Networks.plain Placement.None Activation.Erf
        |> Networks.weighted (0.012, 2.6) (0.012, 0.028)
        |> Networks.inStd 14.3
        |> Networks.logitStd 11.6

    let turning =
        { plain with
            Tokens = 3
            Gated = true
            Mlp = { plain.Mlp with BiasStd = 1.63 } }

    let laws = Laws.exact turning
    let line = FixedPoints.line turning laws
    let start = { Q = 0.9; U = 0.42 }
    let centre = (FixedPoints.attractorFrom start turning laws line 1.0).State
    let h = 1e-5
    let mutable state = { centre with Q = centre.Q * exp h }

    let deviations =
        Array.init 3 (fun _ ->
            let deviation = struct (log (state.Q / centre.Q), log (state.U / centre.U))
            state <- (Geometry.block turning laws 1 state).Output
            deviation)

    let struct (q0, u0), struct (q1, u1), struct (q2, u2) =
        deviations[0], deviations[1], deviations[2]

    // x₂ = tr x₁ − det x₀ of any 2×2 matrix
    let determinant = (q1 * u2 - u1 * q2) / (q0 * u1 - u0 * q1)
    let trace = (q2 + determinant * q0) / q1
    Check.atMost "discriminant" -1e-3 (trace * trace / 4.0 - determinant)
    // linear to a share of the distance itself
    Check.relative "rate" (10.0 * h) (sqrt determinant) (FixedPoints.contraction turning laws centre 1.0)

/// Jacobian of a map of the simplex in (log q, u) by central differences over 1e-4: (∂ log q′/∂ log q, ∂ log q′/∂u, ∂u′/∂ log q, ∂u′/∂u),
/// to some 1e-7 of smooth maps that are known to 1e-12.
let private slopes (map: TokenSimplex -> TokenSimplex) (state: TokenSimplex) =
    let h = 1e-4

    let by up down width =
        let up, down = map up, map down
        struct (log (up.Q / down.Q) / width, (up.U - down.U) / width)

    let struct (a, c) =
        by { state with Q = state.Q * exp h } { state with Q = state.Q * exp -h } (2.0 * h)

    let struct (b, d) =
        by { state with U = state.U * (1.0 + h) } { state with U = state.U * (1.0 - h) } (2.0 * h * state.U)

    struct (a, b, c, d)

let private inside (state: TokenSimplex) = state.U > 1e-3 && state.U < 0.999

[<Fact>]
[<Trait("guards", "(7.3) by closed form")>]
let ``Behind a norm a step's slopes in the norm are the skip's share, and that share of what u loses`` () =
    Check.holds 100 Networks.any (fun network ->
        let pre = { network with Norm = Placement.Pre }
        let laws = Laws.exact pre
        let mutable state = Geometry.input pre

        for step in (Block.at pre 1).Steps do
            let map state =
                (Geometry.step pre laws step state).Output

            if inside state then
                let output = map state
                let struct (a, _, c, _) = slopes map state
                let share = step.Skip * step.Skip * state.Q / output.Q
                Check.absolute "of the norm" 1e-6 share a
                Check.absolute "of u" 1e-6 (share * (state.U - output.U)) c

            state <- map state)

[<Fact>]
[<Trait("guards", "(7.3) by property")>]
let ``Behind a norm a step passes on the more of a difference the larger it is, and what the MLP adds has one norm``
    ()
    =
    let drawn =
        Gen.zip Networks.any (Gen.zip (Draw.logUniform 1e-2 50.0) (Draw.logUniform 1e-3 0.999))

    Check.holds 300 drawn (fun (network, (strength, u)) ->
        let pre = { network with Norm = Placement.Pre } |> Networks.logitStd strength
        let laws = Laws.exact pre

        for step in (Block.at pre 1).Steps do
            let struct (a, b, _, d) =
                slopes (fun state -> (Geometry.step pre laws step state).Output) { Q = 1.0; U = u }

            Check.atLeast $"γ, σ_A {strength}, u {u}, {step.Sublayers[0].Module}" -1e-6 (d - a)

            match step.Sublayers with
            | [| { Module = Module.Mlp _ } |] -> Check.absolute "β" 1e-6 0.0 b
            | _ -> ())

[<Fact>]
[<Trait("guards", "(7.3) by property")>]
let ``Behind norms no state turns around its fixed point`` () =
    let mutable chaotic = 0

    Check.holds 400 Networks.any (fun network ->
        if network.Norm <> Placement.None then
            let laws, line, attractor = attractorOf network

            if attractor.Converged && inside attractor.State then
                chaotic <- chaotic + 1

                let struct (a, b, c, d) =
                    slopes (fun state -> (Geometry.block network laws 1 state).Output) attractor.State
                // four slopes of 1e-6 each
                let rounding = 4e-6 * (abs a + abs b + abs c + abs d)

                Check.atLeast
                    $"discriminant, {network.Norm}, {network.Wiring}"
                    -rounding
                    ((a - d) * (a - d) + 4.0 * b * c))

    Check.atLeast "chaotic ones" 50.0 (float chaotic)

[<Fact>]
[<Trait("guards", "(7.2) by property")>]
let ``The simplex attracts: perturbed either way the blocks return to it`` () =
    let laws, _, simplex = attractorOf chaotic

    for factor in [ 0.9; 1.1 ] do
        let mutable state =
            { Q = simplex.State.Q * factor
              U = simplex.State.U * factor }

        let mutable distance = 1.0

        // halved at least every ten blocks, down to the fixed point's own 1e-12
        while distance > 1e-9 do
            for _ in 1..20 do
                state <- (Geometry.block chaotic laws 1 state).Output

            let now =
                max (abs (state.Q / simplex.State.Q - 1.0)) (abs (state.U / simplex.State.U - 1.0))

            Check.atMost $"distance after 20 more blocks, from a factor {factor}" (max (0.5 * distance) 1e-10) now
            distance <- now

[<Fact>]
[<Trait("guards", "(7.2) by property")>]
let ``From either side of the simplex the same fixed point is found`` () =
    let _, _, near = attractorOf (chaotic |> Networks.correlated 0.999)
    let _, _, far = attractorOf (chaotic |> Networks.correlated -0.02)
    // residuals of 1e-12 divided by the contraction's distance from 1
    Check.relative "u*" 1e-9 near.State.U far.State.U
    Check.relative "q*" 1e-9 near.State.Q far.State.Q

[<Fact>]
let ``In the ordered phase the line attracts`` () =
    let ordered = chaotic |> Networks.inStd 0.5
    let _, line, attractor = attractorOf ordered
    Assert.Equal(line, attractor)
    Assert.Equal(0.0, attractor.State.U)

[<Fact>]
let ``Norms that grow are known not to settle`` () =
    for norm in [ Placement.Pre; Placement.Peri; Placement.Output ] do
        let growing = Networks.plain norm Activation.Tanh
        Assert.False(FixedPoints.normsCanSettle growing, $"{norm}")
        let line = FixedPoints.line growing (Laws.exact growing)
        Assert.False(line.Converged, $"{norm}")

    Assert.True(FixedPoints.normsCanSettle (Networks.plain Placement.Post Activation.Tanh))

[<Fact>]
let ``A schedule that varies has no fixed point, a constant one written out has`` () =
    let with' values =
        { chaotic with
            Mlp =
                { chaotic.Mlp with
                    Branch = Schedule.PerLayer values } }

    Assert.False(FixedPoints.isUniform (with' (Array.init 12 (fun i -> 0.1 + 0.01 * float i))))
    Assert.True(FixedPoints.isUniform (with' (Array.create 12 0.5)))

[<Fact>]
[<Trait("guards", "(7.1) by property")>]
let ``Steffensen's iteration needs tens of blocks where plain iteration needs thousands`` () =
    // skips of 0.9999: the norm approaches q* by a factor 1 − 4e-4 per block, 7e4 blocks to 1e-12
    let slow =
        Networks.plain Placement.Pre Activation.Tanh
        |> Networks.weighted (0.9999, 0.05) (0.9999, 0.05)

    let line = FixedPoints.line slow (Laws.exact slow)
    Assert.True line.Converged
    Check.atMost "blocks" 100.0 (float line.Steps)

[<Fact>]
[<Trait("guards", "(7.1) by property")>]
let ``A norm that diverges is reported as not converged, never as an error`` () =
    // no normalisation, SiLU, σ_w = 3.3: q grows by more than 1 in the logarithm per block, gated ones squared
    for gated in [ false; true ] do
        let diverging =
            { Networks.plain Placement.None Activation.Silu with
                Gated = gated }
            |> Networks.weighted (0.6, 0.8) (0.6, 0.8)
            |> Networks.inStd 3.3

        Assert.False((FixedPoints.line diverging (Laws.exact diverging)).Converged)
