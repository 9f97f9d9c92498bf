namespace Hybrid.Theory

open System.Collections.Concurrent
open Hybrid.Architectures

/// Where the maps take their three transcendental inputs from. All laws are pure functions; whether they are computed
/// afresh, remembered or interpolated is decided here and nowhere else.
type Laws =
    {
        /// softmax moments at logit spread s and u = 1 − ρ
        Attention: float -> float -> AttentionMoments
        /// how the sums over a head's softmax rows fluctuate, at s and u
        Heads: float -> float -> HeadMoments
        /// the activation's kernels at pre-activation variance v
        Mlp: float -> Kernel
        /// tanh's kernels at variance v, for norms that are one
        Norm: float -> Kernel
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

        let fluctuations =
            remember (fun struct (s, u) -> HeadMoments.compute architecture.Tokens s u)

        { Attention = fun s u -> moments struct (s, u)
          Heads = fun s u -> fluctuations struct (s, u)
          Mlp = remember (Kernels.at architecture.Activation)
          Norm = remember (Kernels.at Activation.Tanh) }

    /// Error that a table may add to the attention moments.
    [<Literal>]
    let private TableTolerance = 1e-9

    /// The exact laws with attention's moments from one Chebyshev table over the logit scales from `lowest` to `highest`,
    /// derivation section 3.5; outside of it they are computed, as fluctuations of heads always are. The table is built when it is first needed: neither the
    /// collapsed line nor a causal mask ever needs it.
    let tabulated (architecture: Architecture) lowest highest =
        let exact = exact architecture

        let table =
            lazy AttentionTable.Build(architecture.Tokens, lowest, highest, TableTolerance)

        { exact with
            Attention =
                fun s u ->
                    if table.Value.Covers(s, u) then
                        table.Value.Moments(s, u)
                    else
                        exact.Attention s u }

    /// The laws as if there were ever more heads, which then do not fluctuate.
    let manyHeads (laws: Laws) : Laws =
        { laws with
            Heads = fun _ _ -> HeadMoments.still }

    /// The laws at the collapsed line of an attention that keeps the share μ of every difference between tokens and all of the mean.
    /// S1 and S2 are those of a symmetric map with just these two eigenvalues.
    let internal onLineKeeping share (architecture: Architecture) (laws: Laws) : Laws =
        let n = float architecture.Tokens

        let moments =
            { S1 = 1.0 / n + share * (n - 1.0) / n
              S2 = (1.0 - share) / n
              T1 = (1.0 - 1.0 / n) / n
              T2 = (1.0 - 1.0 / n) / n }

        { Attention = fun _ _ -> moments
          Heads = fun _ _ -> HeadMoments.still
          Mlp = laws.Mlp
          Norm = laws.Norm }

    /// The laws at the collapsed line, where every logit row is constant and attention is the uniform average over the
    /// allowed tokens. Differences between tokens then see only the average's second eigenvalue: 0 without a mask;
    /// 1/2 for the causal average, whose eigenvalues are 1, 1/2, …, 1/n, so that their Gram is multiplied by 1/4
    /// (derivation (6.4)), in the limit of many blocks: `LineOperator` has finite depths.
    let onLine (architecture: Architecture) (laws: Laws) : Laws =
        let share =
            if architecture.Mask = Mask.None || architecture.Tokens = 1 then
                0.0
            else
                0.25

        onLineKeeping share architecture laws
