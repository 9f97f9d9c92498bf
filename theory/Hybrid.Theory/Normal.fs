namespace Hybrid.Theory

open System
open MathNet.Numerics

/// The standard normal density and distribution function.
[<RequireQualifiedAccess>]
module internal Normal =

    let density (x: float) =
        exp (-0.5 * x * x) / sqrt (2.0 * Math.PI)

    /// Φ(x), relative accuracy kept in both tails.
    let cumulative (x: float) =
        0.5 * SpecialFunctions.Erfc(-x / sqrt 2.0)

/// Elementary functions that the framework has only in a cancelling form.
[<RequireQualifiedAccess>]
module internal Elementary =

    /// log(1 + x) to full relative accuracy near 0 (Kahan's correction of the rounding in 1 + x).
    let log1p (x: float) =
        let w = 1.0 + x
        if w = 1.0 then x else log w * (x / (w - 1.0))
