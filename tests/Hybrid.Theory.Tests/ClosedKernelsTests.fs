module Hybrid.Theory.Tests.ClosedKernelsTests

open System
open Hybrid.Architectures
open Hybrid.Theory
open Xunit

/// Against two-dimensional trapezoid sums of the function itself: the closed forms and the sums share nothing.
let private variances = [ 1e-12; 1e-4; 0.1; 1.0; 6.0 ]

let private us = [ 0.0; 1e-9; 1e-3; 0.3; 1.0; 1.4; 2.0 ]

let private compare name activation strip (kappa: float -> float -> float) chi gap =
    let phi = Activation.value activation
    let slope = Activation.derivative activation

    for v in variances do
        let sum u f =
            Quadrature.pairExpectation v u strip infinity f

        let kappaOne = kappa v 0.0
        let chiOne = chi v 0.0

        // rounding of sums of some 10⁴ terms, and of erf itself: 1e-13 of the value at ρ = 1
        Check.withinScale
            $"κ of {name} at v = {v}"
            1e-13
            [ for u in us -> $"u = {u}", kappaOne, kappa v u, sum u (fun x y -> phi x * phi y) ]

        Check.withinScale
            $"χ of {name} at v = {v}"
            1e-13
            [ for u in us -> $"u = {u}", chiOne, chi v u, v * sum u (fun x y -> slope x * slope y) ]

        // φ(x) − φ(y) rounds at 1e-16 φ against √u φ′√v; relative where u ≥ 1e-3
        Check.relativeRows
            $"gap of {name} at v = {v}"
            1e-12
            [ for u in us |> List.filter (fun u -> u >= 1e-3) ->
                  $"u = {u}", gap v u, sum u (fun x y -> 0.5 * (phi x - phi y) * (phi x - phi y)) ]

[<Fact>]
[<Trait("guards", "(2.2) (2.4) by quadrature")>]
let ``Williams's arcsine agrees with summing erf over the pair`` () =
    // erf is entire, but e^{y²} grows off the axis: within a strip of 1 it stays of order one
    compare "erf" Activation.Erf 1.0 ClosedKernels.erfKappa ClosedKernels.erfChi ClosedKernels.erfGap

[<Fact>]
[<Trait("guards", "(2.2) (2.5) (2.6) (2.7) by quadrature")>]
let ``GELU's closed form by Stein's lemma agrees with summing GELU over the pair`` () =
    compare "gelu" Activation.Gelu 1.5 ClosedKernels.geluKappa ClosedKernels.geluChi ClosedKernels.geluGap

/// ∫ of a Gaussian over θ: independent of Cho and Saul's derivation, in polar coordinates of the two independent
/// normals, where ReLU's product is 1/2π ∫ cos θ′ cos(θ′ − θ) dθ′ over the overlap of two half planes.
let private arcCosine u =
    let theta = Math.Acos(1.0 - u)
    let low, high = theta - Math.PI / 2.0, Math.PI / 2.0
    let panels = 8
    let width = (high - low) / float panels

    let integrate f =
        Seq.sum (
            seq {
                for i in 0 .. panels - 1 -> Quadrature.integrate (low + float i * width) (low + float (i + 1) * width) f
            }
        )

    // ∫₀^∞ r³ e^{−r²/2} dr = 2
    integrate (fun a -> cos a * cos (a - theta)) * 2.0 / (2.0 * Math.PI), integrate (fun _ -> 1.0) / (2.0 * Math.PI)

[<Fact>]
[<Trait("guards", "(2.3) by quadrature")>]
let ``The arc-cosine kernel agrees with its polar integral`` () =
    for v in [ 1e-12; 1.0; 1e6 ] do
        for u in [ 0.0; 1e-3; 0.5; 1.0; 1.5; 2.0 ] do
            let kappa, chi = arcCosine u

            Check.withinScale
                $"ReLU at v = {v}, u = {u}"
                // arccos of a rounded 1 − u at u = 1e-3: 1e-16/√(2u)
                1e-14
                [ "κ", 0.5 * v, v * kappa, ClosedKernels.reluKappa v u
                  "χ", 0.5 * v, v * chi, ClosedKernels.reluChi v u ]

[<Fact>]
[<Trait("guards", "(2.3) by property")>]
let ``The gap's small-angle series joins its closed form`` () =
    // the branches meet at θ = 1/2: a jump of the function, beyond its slope times the step, would be a wrong series
    let at theta =
        let sine = sin (0.5 * theta)
        let u = 2.0 * sine * sine
        ClosedKernels.reluGap 1.0 u

    let step = 1e-7
    let below, above = at (0.5 - step), at (0.5 + step)
    // dgap/dθ = χ sin θ
    let sine = sin 0.25
    let slope = ClosedKernels.reluChi 1.0 (2.0 * sine * sine) * sin 0.5
    // the closed branch cancels sin θ − θ cos θ = 0.04 out of 0.48: a few 1e-16 over 2e-7·slope
    Check.relative "rise across θ = 1/2" 1e-8 (2.0 * step * slope) (above - below)

[<Fact>]
[<Trait("guards", "(2.2) (2.3) (2.4) by closed form")>]
let ``Every gap is u χ(1) as u vanishes, to full accuracy at 1e-300`` () =
    for v in [ 1e-6; 1.0; 1e4 ] do
        for name, gap, chi in
            [ "erf", ClosedKernels.erfGap, ClosedKernels.erfChi
              "gelu", ClosedKernels.geluGap, ClosedKernels.geluChi
              "relu", ClosedKernels.reluGap, ClosedKernels.reluChi ] do
            let u = 1e-300
            // next order: ReLU −√(8u)/3π relative, the others u v
            Check.relative $"gap of {name} at v = {v}" 1e-14 (u * chi v 0.0) (gap v u)
