namespace Hybrid.Theory

open System
open System.Numerics

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

    let inline private finaliseEach (z: Vector<uint64>) =
        let z = (z ^^^ (z >>> 30)) * Vector<uint64> 0xBF58476D1CE4E5B9UL
        let z = (z ^^^ (z >>> 27)) * Vector<uint64> 0x94D049BB133111EBUL
        z ^^^ (z >>> 31)

    /// On (0, 1], multiples of 2^−53.
    let inline private uniformEach (z: Vector<uint64>) =
        Vector.ConvertToDouble((z >>> 11) + Vector<uint64>.One) * ScaleDown

    /// From a key to the states of a vector's radii.
    let private firstStates =
        Vector<uint64>(Array.init Vector<float>.Count (fun lane -> uint64 (2 * lane + 1) * Golden))

    /// The first `count` numbers of a key, times `scale`, to the front of `target`.
    let fill (key: uint64) count (scale: float) (target: float[]) =
        let lanes = Vector<float>.Count
        // the states of a vector's radii; those of its angles are one step on
        let mutable states = Vector<uint64> key + firstStates
        let mutable k = 0

        while k < count do
            let radius =
                scale * Vector.SquareRoot(-2.0 * Vector.Log(uniformEach (finaliseEach states)))

            let struct (sine, cosine) =
                Vector.SinCos(2.0 * Math.PI * uniformEach (finaliseEach (states + Vector<uint64> Golden)))

            let even, odd = radius * cosine, radius * sine

            for lane in 0 .. min lanes ((count - k + 1) / 2) - 1 do
                target[k + 2 * lane] <- even[lane]

                if k + 2 * lane + 1 < count then
                    target[k + 2 * lane + 1] <- odd[lane]

            states <- states + Vector<uint64>(uint64 (2 * lanes) * Golden)
            k <- k + 2 * lanes
