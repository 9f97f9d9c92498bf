namespace Hybrid.Architectures

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
