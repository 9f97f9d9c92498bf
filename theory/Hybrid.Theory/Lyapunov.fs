namespace Hybrid.Theory

open System

/// Lyapunov exponents of one-dimensional maps, the calibration of every estimator: derivation section 6, derivation
/// section 9. In one dimension the product of slopes commutes, so forward and backward products agree to rounding.
[<RequireQualifiedAccess>]
module Lyapunov =

    /// The slopes f′(x_0), …, f′(x_{steps−1}) along an orbit, after `transient` steps.
    let private slopes (map: Func<float, float>) (slope: Func<float, float>) start transient steps =
        if steps < 1 || transient < 0 then
            raise (
                ArgumentOutOfRangeException("steps", steps, "at least one step and no negative transient are needed")
            )

        let mutable x = start

        for _ in 1..transient do
            x <- map.Invoke x

        Array.init steps (fun _ ->
            let value = slope.Invoke x
            x <- map.Invoke x
            value)

    /// log |f′| averaged over the orbit, multiplied up first step first: tangent vectors carried forwards.
    [<CompiledName("Forward")>]
    let forward map slope start transient steps =
        slopes map slope start transient steps |> Array.averageBy (fun s -> log (abs s))

    /// The same, last step first: cotangent vectors carried backwards.
    [<CompiledName("Backward")>]
    let backward map slope start transient steps =
        slopes map slope start transient steps
        |> Array.rev
        |> Array.averageBy (fun s -> log (abs s))
