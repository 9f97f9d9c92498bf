module Hybrid.Theory.Tests.QuadratureKernelsTests

open System
open Hybrid.Architectures
open Hybrid.Theory
open Xunit

let private shapes =
    [ "tanh", QuadratureKernels.tanh
      "silu", QuadratureKernels.silu
      "geluTanh", QuadratureKernels.geluTanh ]

[<Fact>]
let ``Beyond its reach δ is negligible, within it δ is not`` () =
    for name, shape in shapes do
        let delta x =
            let reference =
                match shape.Reference with
                | QuadratureKernels.ErrorFunction c -> MathNet.Numerics.SpecialFunctions.Erf(c * x)
                | QuadratureKernels.GaussianLinear c -> x * Normal.cumulative (c * x)

            shape.Phi x - reference

        for x in [ -shape.Reach; shape.Reach ] do
            // φ's own scale at x is |x|, whose rounding is the floor
            Check.atMost $"|δ| of {name} at {x}" (2e-16 * shape.Reach) (abs (delta x))

        let widest = [ 0.1..0.1..4.0 ] |> Seq.map (delta >> abs) |> Seq.max
        Check.atLeast $"δ of {name} somewhere" 1e-5 widest

[<Fact>]
[<Trait("guards", "(2.9) (2.10) by quadrature")>]
let ``Summing φ itself and splitting off the reference agree where both resolve φ`` () =
    // a reach of 0 forces the split, an infinite one the plain sum; v spans both sides of the switch
    for name, shape in shapes do
        let plain = { shape with Reach = infinity }

        for v in [ 2.0; 7.0; 30.0; 80.0 ] do
            // wide enough for δ, narrow enough to make the code split
            let split =
                { shape with
                    Reach = min shape.Reach (0.999 * Quadrature.HalfWidth * sqrt v) }

            let kappaOne = QuadratureKernels.kappa plain v 0.0
            let chiOne = QuadratureKernels.chi plain v 0.0
            // either rule leaves up to 4e-14 near φ's poles (the strips' margin) and 1.3e-14 per quadratic dimension
            Check.withinScale
                $"{name} at v = {v}"
                1e-13
                [ for u in [ 0.0; 1e-4; 0.2; 1.0; 1.9 ] do
                      yield
                          $"κ at u = {u}",
                          kappaOne,
                          QuadratureKernels.kappa plain v u,
                          QuadratureKernels.kappa split v u

                      yield $"χ at u = {u}", chiOne, QuadratureKernels.chi plain v u, QuadratureKernels.chi split v u

                      yield
                          $"gap at u = {u}", kappaOne, QuadratureKernels.gap plain v u, QuadratureKernels.gap split v u ]

[<Fact>]
[<Trait("guards", "(2.9) by closed form")>]
let ``Steep tanh tends to the sign: κ to the arcsine law, χ to its slope`` () =
    // v → ∞: κ → (2/π) asin ρ, with corrections of order 1/√v at ρ = 1 and 1/v inside
    for u in [ 0.5; 1.0; 1.5 ] do
        let rho = 1.0 - u

        let at v =
            QuadratureKernels.kappa QuadratureKernels.tanh v u

        let limit = 2.0 / Math.PI * asin rho
        let error v = abs (at v - limit)

        if rho <> 0.0 then
            // the deviation falls as 1/v: a factor 100 between v = 1e4 and 1e6, to the next order in 1/v
            Check.relative $"fall of the deviation at u = {u}" 1e-2 100.0 (error 1e4 / error 1e6)
        else
            Check.absolute "κ at ρ = 0" 1e-14 0.0 (at 1e6)

[<Fact>]
let ``The gap joins its small-u form without a jump`` () =
    for name, shape in shapes do
        for v in [ 0.5; 14.0; 1e4 ] do
            let switch = 1e-6 / max 1.0 v

            let slope u = QuadratureKernels.gap shape v u / u

            // both sides against χ at the midpoint: the next term of the expansion is (uv)² ~ 1e-12 relative; the
            // side above the switch subtracts numbers of size κ(1), whose rounding over u χ(1) bounds it
            let rounding =
                1e-15 * QuadratureKernels.kappa shape v 0.0
                / (switch * QuadratureKernels.chi shape v 0.0)

            Check.relative
                $"{name} at v = {v}"
                (1e-11 + 2.0 * rounding)
                (QuadratureKernels.chi shape v (0.5 * switch))
                (slope (switch * (1.0 + 1e-9)))
