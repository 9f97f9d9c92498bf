namespace Hybrid.Theory

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

    /// log |x|, where x has left double precision that of the number next to it: −745 of 0 and 710 of ∞.
    let logInRange (x: float) =
        log (max System.Double.Epsilon (min System.Double.MaxValue (abs x)))
