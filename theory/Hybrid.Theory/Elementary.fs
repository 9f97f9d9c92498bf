namespace Hybrid.Theory

open System
open System.Numerics

/// Elementary functions that the framework has only in a cancelling form.
[<RequireQualifiedAccess>]
module internal Elementary =

    /// log(1 + x) to full relative accuracy near 0 (Kahan's correction of the rounding in 1 + x).
    let log1p (x: float) =
        let w = 1.0 + x
        if w = 1.0 then x else log w * (x / (w - 1.0))

    /// `log1p` of several at once.
    let log1pOf (x: Vector<float>) =
        let w = Vector<float>.One + x
        let corrected = Vector.Log w * (x / (w - Vector<float>.One))
        Vector.ConditionalSelect(Vector.Equals(w, Vector<float>.One), x, corrected)

    /// target = e^(x − largest) of each x, which may be the same numbers, and their sum.
    let exponentials (largest: float) (x: Span<float>) (target: Span<float>) =
        let lanes = Vector<float>.Count
        let mutable sums = Vector<float>.Zero
        let mutable k = 0

        while k + lanes <= x.Length do
            let e = Vector.Exp(Vector<float>(x.Slice(k, lanes)) - Vector<float>(largest))
            e.CopyTo(target.Slice(k, lanes))
            sums <- sums + e
            k <- k + lanes

        let mutable total = Vector.Sum sums

        while k < x.Length do
            target[k] <- exp (x[k] - largest)
            total <- total + target[k]
            k <- k + 1

        total

    /// log |x|, where x has left double precision that of the number next to it: −745 of 0 and 710 of ∞.
    let logInRange (x: float) =
        log (max Double.Epsilon (min Double.MaxValue (abs x)))
