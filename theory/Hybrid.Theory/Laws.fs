namespace Hybrid.Theory

open System.Collections.Concurrent

/// Where the maps take their two transcendental inputs from. Both laws are pure functions; whether they are computed
/// afresh, remembered or interpolated is decided here and nowhere else.
type Laws =
    {
        /// softmax moments at logit spread s and u = 1 − ρ
        Attention: float -> float -> AttentionMoments
        /// the activation's kernels at pre-activation variance v
        Mlp: float -> Kernel
    }

[<RequireQualifiedAccess>]
module Laws =

    let private remember (f: 'key -> 'value) =
        let cache = ConcurrentDictionary<'key, 'value>()
        fun key -> cache.GetOrAdd(key, f)

    /// The laws of an architecture, computed exactly at first use and remembered: depth repeats them.
    let exact (architecture: Architecture) =
        let moments =
            remember (fun struct (s, u) -> AttentionMoments.compute architecture.Tokens s u)

        { Attention = fun s u -> moments struct (s, u)
          Mlp = remember (Kernels.at architecture.Activation) }
