module Hybrid.Theory.Tests.KernelsTests

open System
open FsCheck.FSharp
open Hybrid.Architectures
open Hybrid.Theory
open Xunit

let private activations = Activation.named |> Array.map fst

let private byName =
    Activation.named |> Array.map (fun (a, name) -> name, a) |> dict

let private table =
    lazy
        (Reference.rows "kernels.csv"
         |> Array.groupBy (fun row -> row["activation"], Reference.number row "v"))

/// More often than it takes until series in u stand for it.
let private askedOften activation v =
    let kernel = Kernels.ofFew activation v

    for k in 1..500 do
        kernel.Gap(float k / 250.0) + kernel.Chi(float k / 250.0) |> ignore

    kernel

/// One kernel at a time, for many variances, and for few.
let private sources =
    [ "at", Kernels.at; "ofMany", Kernels.ofMany; "ofFew", askedOften ]

/// The guarantee of Kernels: 1e-10 of the value at ρ = 1.
[<Fact>]
[<Trait("guards", "(2.1) (2.2) (2.3) (2.4) (2.5) (2.6) (2.7) (2.9) (2.10) (2.11) (2.16) (2.17) by reference")>]
let ``κ, χ and the gap meet 1e-10 of their value at ρ = 1 in every reference row`` () =
    for source, kernels in sources do
        for (name, v), rows in table.Value do
            let kernel: Kernel = kernels byName[name] v

            let entries column (value: float -> float) scale =
                [ for row in rows ->
                      "u = " + row["u"], scale, Reference.number row column, value (Reference.number row "u") ]

            let one = rows |> Array.find (fun row -> row["u"] = "0")
            let kappaOne, chiOne = Reference.number one "kappa", Reference.number one "chi"
            let what = $"of {name} by {source} at v = {v}"
            Check.withinScale $"κ {what}" Kernels.Accuracy (entries "kappa" kernel.Kappa kappaOne)
            Check.withinScale $"gap {what}" Kernels.Accuracy (entries "gap" kernel.Gap kappaOne)
            Check.withinScale $"χ {what}" Kernels.Accuracy (entries "chi" kernel.Chi chiOne)

[<Fact>]
[<Trait("guards", "(2.2) (2.17) by reference")>]
let ``The gap keeps 1e-9 relative to itself at ρ = 1 − 1e-8`` () =
    // κ(1) − κ(ρ) formed as a difference would be off by 1e-8
    for source, kernels in sources do
        for (name, v), rows in table.Value do
            let kernel: Kernel = kernels byName[name] v
            let row = rows |> Array.find (fun row -> row["u"] = "1e-8")

            Check.relative
                $"gap of {name} by {source} at v = {v}"
                1e-9
                (Reference.number row "gap")
                (kernel.Gap(Reference.number row "u"))

[<Fact>]
[<Trait("guards", "(2.8) (2.12) by reference")>]
let ``The stated error bound is an upper bound and never above the guarantee`` () =
    for (name, v), rows in table.Value do
        let kernel = Kernels.at byName[name] v
        Check.atMost $"bound of {name} at v = {v}" Kernels.Accuracy kernel.RelativeError
        let one = rows |> Array.find (fun row -> row["u"] = "0")
        // on top of the bound, which is the method's, the rounding of the kernel's own sums
        let allowed = kernel.RelativeError + 2e-14

        for row in rows do
            let u = Reference.number row "u"

            let kappaError =
                abs (
                    kernel.Kappa u / Reference.number one "kappa"
                    - Reference.number row "kappa" / Reference.number one "kappa"
                )

            Check.atMost $"κ of {name} at v = {v}, u = {u}" allowed kappaError

            let chiError =
                abs (kernel.Chi u - Reference.number row "chi") / Reference.number one "chi"

            Check.atMost $"χ of {name} at v = {v}, u = {u}" allowed chiError

[<Fact>]
let ``Switching methods at v = 12 leaves no jump`` () =
    for activation in activations do
        let at (v: float) (u: float) = (Kernels.at activation v).Kappa u
        let below, above = Math.BitDecrement 12.0, Math.BitIncrement 12.0

        for u in [ 0.0; 0.3; 1.0; 2.0 ] do
            Check.withinScale
                $"κ of {activation} at u = {u}"
                1e-12
                [ "across v = 12", at 12.0 0.0, at below u, at above u ]

let private anyCase = gen {
    let! activation = Gen.elements activations
    let! v = Draw.logUniform 1e-6 1e3
    let! u = Draw.uniform 0.0 2.0
    return activation, v, u
}

/// (E φ)²: the value at ρ = 0, where the two Gaussians are independent.
let private squaredMean (kernel: Kernel) = kernel.Kappa 1.0

[<Fact>]
[<Trait("guards", "(2.13) by property")>]
let ``Gaussian Poincaré: χ(1) ≥ κ(1) − (Eφ)², with equality for linear φ alone`` () =
    Check.holds 150 anyCase (fun (activation, v, _) ->
        let kernel = Kernels.at activation v
        let variance = kernel.KappaAtOne - squaredMean kernel
        let margin = kernel.ChiAtOne - variance
        Check.atLeast $"{activation} at v = {v}" (-1e-12 * kernel.KappaAtOne) margin

        match activation with
        | Activation.Linear -> Check.absolute "equality" (1e-14 * v) 0.0 margin
        | Activation.Relu
        | Activation.LeakyRelu -> Check.atLeast $"strict for {activation}" (0.01 * v) margin
        | _ -> ())

[<Fact>]
[<Trait("guards", "(2.11) by property")>]
let ``Cauchy–Schwarz: |κ(ρ)| ≤ κ(1) and |χ(ρ)| ≤ χ(1)`` () =
    Check.holds 150 anyCase (fun (activation, v, u) ->
        let kernel = Kernels.at activation v
        Check.atMost $"κ of {activation} at {v}, {u}" (kernel.KappaAtOne * (1.0 + 1e-12)) (abs (kernel.Kappa u))
        Check.atMost $"χ of {activation} at {v}, {u}" (kernel.ChiAtOne * (1.0 + 1e-12)) (abs (kernel.Chi u)))

[<Fact>]
[<Trait("guards", "(2.2) by property")>]
let ``The gap is κ(1) − κ(ρ) and grows from ρ = 1 to ρ = 0`` () =
    Check.holds 150 anyCase (fun (activation, v, u) ->
        let kernel = Kernels.at activation v

        Check.withinScale
            $"{activation} at v = {v}, u = {u}"
            1e-12
            [ "gap", kernel.KappaAtOne, kernel.KappaAtOne - kernel.Kappa u, kernel.Gap u ]

        let u = min u 1.0
        Check.atLeast "monotone" (kernel.Gap(0.9 * u) - 1e-13 * kernel.KappaAtOne) (kernel.Gap u))

[<Fact>]
[<Trait("guards", "(2.2) by property")>]
let ``χ is the derivative of κ with respect to ρ`` () =
    // fourth-order central difference: truncation h⁴κ⁽⁵⁾/30 and rounding 1e-15 κ/h; at h = 1e-3 and u in [0.4, 1.6],
    // where κ⁽⁵⁾ ≤ 5!/(0.4)⁵ κ(1) by Cauchy's estimate: 4e-8 at worst
    let smoothCase = gen {
        let! activation = Gen.elements activations
        let! v = Draw.logUniform 1e-3 1e3
        let! u = Draw.uniform 0.4 1.6
        return activation, v, u
    }

    Check.holds 100 smoothCase (fun (activation, v, u) ->
        let kernel = Kernels.at activation v
        let h = 1e-3
        let k offset = kernel.Kappa(u - offset * h)
        let slope = (8.0 * (k 1.0 - k -1.0) - (k 2.0 - k -2.0)) / (12.0 * h)

        Check.withinScale $"{activation} at v = {v}, u = {u}" 1e-7 [ "κ′", kernel.KappaAtOne, kernel.Chi u, slope ])

[<Fact>]
[<Trait("guards", "(2.1) by property")>]
let ``A homogeneous φ scales: κ and χ are proportional to v`` () =
    for activation in [ Activation.Linear; Activation.Relu; Activation.LeakyRelu ] do
        let unit = Kernels.at activation 1.0

        for v in [ 1e-12; 7.0; 1e6 ] do
            let kernel = Kernels.at activation v

            Check.relativeRows
                $"{activation} at v = {v}"
                1e-15
                [ "κ", v * unit.Kappa 0.7, kernel.Kappa 0.7
                  "χ", v * unit.Chi 0.7, kernel.Chi 0.7
                  "gap", v * unit.Gap 0.7, kernel.Gap 0.7 ]

[<Fact>]
[<Trait("guards", "(2.3) by property")>]
let ``For ReLU κ(1) = χ(1) at any variance`` () =
    for v in [ 1e-12; 1.0; 1e6 ] do
        let kernel = Kernels.at Activation.Relu v
        Check.relative $"v = {v}" 1e-15 kernel.KappaAtOne kernel.ChiAtOne

[<Fact>]
let ``A custom tanh agrees with the built-in one`` () =
    let custom =
        Activation.Custom(CustomActivation("my tanh", tanh, Activation.derivative Activation.Tanh))

    for v in [ 1e-3; 1.0; 4.0 ] do
        let own, builtIn = Kernels.at custom v, Kernels.at Activation.Tanh v

        Check.withinScale
            $"v = {v}"
            // its certificate, and the trapezoid rule's 1.3e-14 for a φ that is all but linear, in either
            (own.RelativeError + 3e-14)
            [ for u in [ 0.0; 0.5; 1.0; 2.0 ] do
                  yield $"κ at {u}", builtIn.KappaAtOne, builtIn.Kappa u, own.Kappa u
                  yield $"χ at {u}", builtIn.ChiAtOne, builtIn.Chi u, own.Chi u ]

[<Fact>]
let ``A custom activation that its series cannot resolve is refused by name`` () =
    let step =
        CustomActivation("step", (fun x -> if x > 0.0 then 1.0 else 0.0), (fun _ -> 0.0))

    let thrown =
        Assert.Throws<KernelException>(fun () -> Kernels.at (Activation.Custom step) 1.0 |> ignore)

    Assert.Contains("'step'", thrown.Message)
    Assert.Contains("pre-activation variance 1", thrown.Message)

[<Fact>]
[<Trait("guards", "(2.12) by property")>]
let ``A custom derivative that is not φ′ is refused`` () =
    let wrong =
        CustomActivation("wrong", tanh, (fun x -> 1.1 * Activation.derivative Activation.Tanh x))

    let thrown =
        Assert.Throws<KernelException>(fun () -> Kernels.at (Activation.Custom wrong) 1.0 |> ignore)

    Assert.Contains("φ′ its derivative", thrown.Message)

[<Theory>]
[<InlineData(Double.NaN)>]
[<InlineData(-1e-300)>]
[<InlineData(Double.PositiveInfinity)>]
let ``A variance that is no finite number ≥ 0 is refused`` (v: float) =
    for activation in activations do
        let thrown =
            Assert.Throws<ArgumentOutOfRangeException>(fun () -> Kernels.at activation v |> ignore)

        Assert.Contains("pre-activation variance must be a finite number ≥ 0", thrown.Message)

[<Theory>]
[<InlineData(Double.NaN)>]
[<InlineData(-1e-300)>]
[<InlineData(2.0000001)>]
[<InlineData(Double.PositiveInfinity)>]
let ``A correlation outside −1 to 1 is refused by every kernel`` (u: float) =
    for activation in activations do
        let kernel = Kernels.at activation 1.0

        for ask in [ kernel.Kappa; kernel.Gap; kernel.Chi ] do
            let thrown = Assert.Throws<ArgumentOutOfRangeException>(fun () -> ask u |> ignore)

            Assert.Contains("must lie in [0, 2]", thrown.Message)

[<Fact>]
let ``Zero variance leaves φ(0)² and nothing else`` () =
    for activation in activations do
        let kernel = Kernels.at activation 0.0
        let expected = if activation = Activation.Sigmoid then 0.25 else 0.0

        for u in [ 0.0; 1.0; 2.0 ] do
            Assert.Equal(expected, kernel.Kappa u)
            Assert.Equal(0.0, kernel.Gap u)
            Assert.Equal(0.0, kernel.Chi u)
