namespace Hybrid.Theory

open System
open Hybrid.Architectures

/// A kernel was asked for outside what it can answer within its error bound.
type KernelException(message: string) =
    inherit TheoryException(message)

/// The Gaussian kernels of φ at one pre-activation variance v, as functions of u = 1 − ρ ∈ [0, 2]:
/// κ = E φ(x₁)φ(x₂) and χ = v E φ′(x₁)φ′(x₂) for x₁, x₂ of variance v and correlation ρ. Dimensionless.
/// derivation (2.1) and (2.2).
[<Sealed>]
type Kernel
    internal
    (
        variance: float,
        error: Lazy<float>,
        kappaAtOne: float,
        chiAtOne: float,
        kappa: float -> float,
        gap: float -> float,
        chi: float -> float,
        ?series: Lazy<HermiteSeries>
    ) =

    let inRange u =
        if u >= 0.0 && u <= 2.0 then
            u
        else
            raise (ArgumentOutOfRangeException("u", u, "u = 1 − ρ must lie in [0, 2]"))

    /// The series whose sums κ and χ are where u is not 0, if they are.
    member internal _.Series = series

    /// v
    member _.Variance = variance

    /// Bound on the error of κ and χ, relative to κ(1) and χ(1).
    member _.RelativeError = error.Value

    /// κ(ρ = 1) = E φ²
    member _.KappaAtOne = kappaAtOne

    /// χ(ρ = 1) = v E φ′²
    member _.ChiAtOne = chiAtOne

    /// κ(v, 1 − u)
    member _.Kappa(u: float) =
        if u = 0.0 then kappaAtOne else kappa (inRange u)

    /// κ(v, 1) − κ(v, 1 − u) ≥ 0, to full relative accuracy however small u is
    member _.Gap(u: float) =
        // linear in u to rounding: the line needs no more than χ(1)
        if inRange u * max 1.0 variance < 1e-17 then
            u * chiAtOne
        else
            gap u

    /// χ(v, 1 − u)
    member _.Chi(u: float) =
        if u = 0.0 then chiAtOne else chi (inRange u)

/// Kernels of every activation, derivation section 2. Closed forms for linear, ReLU, leaky ReLU, erf and exact GELU; elsewhere the Hermite
/// series while it is short, and the localised trapezoid rule where φ(√v z) is steep, at a cost that does not grow with v.
/// Error ≤ 1e-10 relative to the value at ρ = 1 for v from 1e-12 to 1e300; a custom activation's series may be refused by
/// a KernelException.
[<RequireQualifiedAccess>]
module Kernels =

    /// What every kernel guarantees.
    [<Literal>]
    let Accuracy = 1e-10

    /// Up to this many terms the series is preferred: one set-up, then sums that are short where |ρ| is not near 1.
    [<Literal>]
    let private SeriesTerms = 2_200

    /// Remainder of the series, relative to κ(1) and χ(1).
    [<Literal>]
    let private SeriesTolerance = 1e-13

    /// Enough terms for SeriesTolerance: they grow as v/strip², measured at 131 v for tanh's strip.
    let private seriesTerms strip v = 60.0 + 340.0 * v / (strip * strip)

    let private isShort strip v =
        seriesTerms strip v <= float SeriesTerms

    /// Most terms of a custom activation's series.
    [<Literal>]
    let private CustomTerms = 4000

    /// Relative error of the trapezoid rules of QuadratureKernels.
    [<Literal>]
    let private RuleAccuracy = 1e-13

    let private closed v kappa gap chi =
        Kernel(v, lazy 1e-14, kappa 0.0, chi 0.0, kappa, gap, chi)

    let private linear v =
        closed v (fun u -> v * (1.0 - u)) (fun u -> v * u) (fun _ -> v)

    let private relu v =
        closed v (ClosedKernels.reluKappa v) (ClosedKernels.reluGap v) (ClosedKernels.reluChi v)

    /// α x + (1 − α) relu(x): the cross term E x₁ relu(x₂) is vρ/2
    let private leakyRelu v =
        let alpha = Activation.LeakySlope
        let rest = (1.0 - alpha) * (1.0 - alpha)

        closed
            v
            (fun u -> alpha * v * (1.0 - u) + rest * ClosedKernels.reluKappa v u)
            (fun u -> alpha * v * u + rest * ClosedKernels.reluGap v u)
            (fun u -> alpha * v + rest * ClosedKernels.reluChi v u)

    /// The series is made at the first ρ ≠ 1 that is asked for.
    let private fromSeries v kappaAtOne chiAtOne errorAtOne (series: Lazy<HermiteSeries>) =
        let error =
            lazy
                Seq.max
                    [ series.Value.KappaError / kappaAtOne
                      series.Value.ChiError / chiAtOne
                      errorAtOne ]

        Kernel(
            v,
            error,
            kappaAtOne,
            chiAtOne,
            (fun u -> series.Value.Kappa u),
            (fun u -> series.Value.Gap u),
            (fun u -> series.Value.Chi u),
            series
        )

    let private shapeSeries (shape: QuadratureKernels.Shape) v =
        HermiteSeries.Create(
            shape.Phi,
            shape.Derivative,
            v,
            shape.Strip,
            int (seriesTerms shape.Strip v),
            SeriesTolerance
        )

    let private quadrature (shape: QuadratureKernels.Shape) v =
        let kappa = QuadratureKernels.kappa shape v
        let chi = QuadratureKernels.chi shape v

        if isShort shape.Strip v then
            fromSeries v (kappa 0.0) (chi 0.0) RuleAccuracy (lazy shapeSeries shape v)
        else
            Kernel(v, lazy RuleAccuracy, kappa 0.0, chi 0.0, kappa, QuadratureKernels.gap shape v, chi)

    /// φ = ½ + ½ tanh(x/2): ¼ + ¼ of tanh's kernels at v/4
    let private sigmoid (tanhAt: float -> Kernel) v =
        let kernel = tanhAt (v / 4.0)

        Kernel(
            v,
            lazy kernel.RelativeError,
            0.25 + 0.25 * kernel.KappaAtOne,
            0.25 * kernel.ChiAtOne,
            (fun u -> 0.25 + 0.25 * kernel.Kappa u),
            (fun u -> 0.25 * kernel.Gap u),
            (fun u -> 0.25 * kernel.Chi u)
        )

    let private customSeries (activation: CustomActivation) v =
        HermiteSeries.Create(activation.Value.Invoke, activation.Derivative.Invoke, v, 1.0, CustomTerms, 0.1 * Accuracy)

    /// `name` is only asked for what it refuses: a series is made for every variance of a draw.
    let private ensureAccurate (name: unit -> string) v (series: HermiteSeries) =
        let error =
            max (series.KappaError / series.Kappa 0.0) (series.ChiError / series.Chi 0.0)

        if error <= Accuracy then
            series
        else
            raise (
                KernelException(
                    $"activation '{name ()}' at pre-activation variance {v}: its Hermite series is still off by {error:G2} relative after {series.Terms} terms, {Accuracy:G2} is asked; the series needs φ smooth on the scale 1/√v and φ′ its derivative"
                )
            )

    let private custom (activation: CustomActivation) v =
        let series =
            customSeries activation v |> ensureAccurate (fun () -> activation.Name) v

        fromSeries v series.KappaAtOne series.ChiAtOne 1e-15 (lazy series)

    /// How kernels of many pairs of pre-activations are evaluated: from the Hermite coefficients of both, from the variances and
    /// the correlation, or by a mixture of error functions.
    type internal Pair =
        /// of degree one: one kernel serves every variance
        | Homogeneous
        | Series of (float -> HermiteSeries)
        /// vi, vj, ρ and 1 − ρ² to E φφ′ and E φ₁′φ₂′
        | Joint of (float -> float -> float -> float -> struct (float * float))
        | Mixture of ErrorFunctionMixture

    /// Coefficients of two variances meet in a pair, so that what one of them leaves out counts by its root: twice the terms
    /// square it, as the coefficients fall exponentially in √k.
    [<Literal>]
    let private PairMargin = 2.0

    let private pairSeries phi derivative strip v =
        HermiteSeries.Create(phi, derivative, v, strip, int (seriesTerms strip v), SeriesTolerance, PairMargin)

    /// The sigmoid's poles lie at ±iπ.
    [<Literal>]
    let private SigmoidStrip = 3.0

    /// Largest variance at which pairs are summed by the series: beyond it the mixture is cheaper.
    [<Literal>]
    let internal LargestSeries = 12.0

    /// The mixture for pairs of one variance v, where `at` would be dear for each of them.
    let internal ofOneVariance activation v =
        if v > LargestSeries then
            ErrorFunctionMixture.For activation
        else
            None

    /// How pairs of variances from `smallest` to `largest` are evaluated. A series has no relative error where the variance is 0.
    let internal pair activation smallest largest =
        let smooth phi derivative strip =
            if smallest > 0.0 && largest <= LargestSeries then
                Series(fun v ->
                    pairSeries phi derivative strip v
                    |> ensureAccurate (fun () -> string activation) v)
            else
                Mixture (ErrorFunctionMixture.For activation).Value

        let ofShape (shape: QuadratureKernels.Shape) =
            smooth shape.Phi shape.Derivative shape.Strip

        match activation with
        | Activation.Tanh -> ofShape QuadratureKernels.tanh
        | Activation.GeluTanh -> ofShape QuadratureKernels.geluTanh
        | Activation.Silu -> ofShape QuadratureKernels.silu
        | Activation.Sigmoid -> smooth (Activation.value activation) (Activation.derivative activation) SigmoidStrip
        | Activation.Custom custom -> Series(fun v -> customSeries custom v |> ensureAccurate (fun () -> custom.Name) v)
        | Activation.Erf -> Joint ClosedKernels.erfPair
        | Activation.Gelu -> Joint ClosedKernels.geluPair
        | Activation.Linear
        | Activation.Relu
        | Activation.LeakyRelu -> Homogeneous

    /// The kernels of `activation` at pre-activation variance v ≥ 0.
    [<CompiledName("At")>]
    let at activation (v: float) : Kernel =
        if not (Double.IsFinite v && v >= 0.0) then
            raise (ArgumentOutOfRangeException("v", v, "the pre-activation variance must be a finite number ≥ 0"))

        if v = 0.0 then
            let mean = Activation.value activation 0.0
            Kernel(0.0, lazy 0.0, mean * mean, 0.0, (fun _ -> mean * mean), (fun _ -> 0.0), (fun _ -> 0.0))
        else
            match activation with
            | Activation.Linear -> linear v
            | Activation.Relu -> relu v
            | Activation.LeakyRelu -> leakyRelu v
            | Activation.Erf -> closed v (ClosedKernels.erfKappa v) (ClosedKernels.erfGap v) (ClosedKernels.erfChi v)
            | Activation.Gelu ->
                closed v (ClosedKernels.geluKappa v) (ClosedKernels.geluGap v) (ClosedKernels.geluChi v)
            | Activation.Tanh -> quadrature QuadratureKernels.tanh v
            | Activation.GeluTanh -> quadrature QuadratureKernels.geluTanh v
            | Activation.Silu -> quadrature QuadratureKernels.silu v
            | Activation.Sigmoid -> sigmoid (quadrature QuadratureKernels.tanh) v
            | Activation.Custom activation -> custom activation v

    /// Largest variance of a kernel by a mixture: as φ′ narrows, the gap of tanh-GELU loses its digits to weights of either sign, 3e-10
    /// of itself here and 2e-8 at 1e8.
    [<Literal>]
    let private LargestMixture = 1e4

    /// The same for a search: what is lost grows as the root of the variance.
    [<Literal>]
    let private LargestRoughMixture = 1e14

    let private byMixture largest activation v =
        match ErrorFunctionMixture.For activation with
        | Some mixture when v > 0.0 && v <= largest ->
            let saturations = mixture.Saturations [| v |]
            let roots = mixture.Roots [| v |]

            let pair u =
                mixture.Pair(saturations, roots, 0, 0, 1.0 - u, u * (2.0 - u), v)

            let kappa u =
                let struct (value, _) = pair u
                value

            let struct (kappaAtOne, slopeAtOne) = pair 0.0

            let chi u =
                let struct (_, slope) = pair u
                v * slope

            let gap u =
                if u <= 1.0 then
                    mixture.Gap(saturations, roots, u, v)
                else
                    kappaAtOne - kappa u

            Kernel(v, lazy Accuracy, kappaAtOne, v * slopeAtOne, kappa, gap, chi)
        | _ -> at activation v

    /// `at` for laws that ask for many variances and many correlations at each: by the mixture where φ has one, whose set-up is sixteen
    /// roots and whose cost depends on neither. Within `Accuracy` of `at`.
    let internal ofMany activation v = byMixture LargestMixture activation v

    /// The same to 1e-4, at larger variances too.
    let internal ofManyRoughly activation v =
        byMixture LargestRoughMixture activation v

    /// Degree of series in t = arccos(ρ/(1 + 1/8v)), and what their last eighth may weigh of the largest coefficient.
    [<Literal>]
    let private SeriesDegree = 96

    [<Literal>]
    let private SeriesTail = 5e-11

    /// A steep φ has κ change over 1 − |ρ| of order 1/v as an arc sine does: linearly in t. Of a function of u in [0, 2] its Chebyshev series
    /// in t, None where the degree does not do.
    let private seriesOf (v: float) f =
        let stretch = 1.0 + 0.125 / v
        let half = asin (1.0 / stretch)

        let coefficients =
            Chebyshev.points SeriesDegree
            |> Array.map (fun y -> f (Math.Clamp(1.0 - stretch * sin (half * y), 0.0, 2.0)))
            |> Chebyshev.transform

        let sizes = coefficients |> Array.map abs
        let largest = Array.max sizes

        if Array.sum sizes[SeriesDegree - SeriesDegree / 8 ..] <= SeriesTail * largest then
            let kept =
                coefficients[.. sizes |> Array.findIndexBack (fun size -> size >= 1e-15 * largest)]

            Some(fun u -> Chebyshev.sum kept (asin ((1.0 - u) / stretch) / half))
        else
            None

    /// What is asked of one variance before its series costs less.
    [<Literal>]
    let private Often = 256

    /// `ofMany` for laws that ask for few variances and each of them very often, as the points of a phase diagram do: from then on
    /// (κ(1) − κ)/u and χ are Chebyshev series, within `Accuracy` of their largest.
    let internal ofFew activation v =
        let kernel = ofMany activation v

        match ErrorFunctionMixture.For activation with
        | Some _ when v > 0.0 && v <= LargestMixture ->
            let asked = ref 0

            let series f = lazy (seriesOf v f)

            // (κ(1) − κ)/u at tokens that are nearly alike is χ(1) to rounding
            let slope =
                series (fun u -> if u < 1e-15 then kernel.ChiAtOne else kernel.Gap u / u)

            let chi = series kernel.Chi

            let either (series: Lazy<(float -> float) option>) exact near u =
                if asked.Value < Often then
                    asked.Value <- asked.Value + 1
                    exact u
                else
                    match series.Value with
                    | Some f -> near f u
                    | None -> exact u

            let gap = either slope kernel.Gap (fun f u -> u * f u)

            Kernel(
                v,
                lazy Accuracy,
                kernel.KappaAtOne,
                kernel.ChiAtOne,
                (fun u -> kernel.KappaAtOne - gap u),
                gap,
                either chi kernel.Chi (fun f u -> f u)
            )
        | _ -> kernel
