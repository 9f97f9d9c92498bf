namespace Hybrid.Theory

open System

/// Standard normal numbers that are a pure function of a key and a position, whatever was drawn before: what is not kept can be
/// drawn again. SplitMix64's finaliser of a Weyl sequence (Steele, Lea and Flood 2014), two of its numbers to two normal ones by Box
/// and Muller.
[<RequireQualifiedAccess>]
module internal CounterNormals =

    [<Literal>]
    let private Golden = 0x9E3779B97F4A7C15UL

    /// 2^−53
    [<Literal>]
    let private ScaleDown = 1.1102230246251565e-16

    let private finalise (z: uint64) =
        let z = (z ^^^ (z >>> 30)) * 0xBF58476D1CE4E5B9UL
        let z = (z ^^^ (z >>> 27)) * 0x94D049BB133111EBUL
        z ^^^ (z >>> 31)

    /// The key of part `index` ≥ 0 of what `key` stands for.
    let part (key: uint64) (index: int) =
        finalise (finalise (key + Golden) + uint64 (index + 1) * Golden)

    /// On (0, 1], multiples of 2^−53.
    let private uniform (z: uint64) = float ((z >>> 11) + 1UL) * ScaleDown

    /// The first `count` numbers of a key, times `scale`, to the front of `target`.
    let fill (key: uint64) count (scale: float) (target: float[]) =
        let mutable state = key
        let mutable k = 0

        while k < count do
            state <- state + Golden
            let radius = scale * sqrt (-2.0 * log (uniform (finalise state)))
            state <- state + Golden
            let struct (sine, cosine) = Math.SinCos(2.0 * Math.PI * uniform (finalise state))
            target[k] <- radius * cosine

            if k + 1 < count then
                target[k + 1] <- radius * sine

            k <- k + 2
