namespace Hybrid.Theory

open System
open System.Collections.Concurrent
open System.Threading
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
        /// how experts are weighed whose router sees tokens of norm κ
        Router: Experts -> float -> RouterMoments
        /// what a sink leaves of tokens of norm κ that are alike
        Sink: AttentionParameters -> float -> SinkMoments
        /// whether tokens are: away from the line a sink has no closed map
        AreAlike: bool
        /// raises OperationCanceledException where nobody waits for the answer any more; asked at every kernel and step
        Proceed: unit -> unit
    }

[<RequireQualifiedAccess>]
module Laws =

    /// Up to `most` values; beyond, all are forgotten. Keys and values are boxed, so that all laws share one instantiation of the
    /// dictionary, which comes compiled.
    let private keep most (f: 'key -> 'value) =
        let cache = ConcurrentDictionary<obj, obj>()

        let compute (key: obj) : obj =
            // to count takes the dictionary's locks
            if most < Int32.MaxValue && cache.Count >= most then
                cache.Clear()

            nonNull (box (f (unbox key)))

        fun (key: 'key) -> unbox<'value>(cache.GetOrAdd(nonNull (box key), compute))

    let private remember f = keep Int32.MaxValue f

    // What every architecture asks for anew is kept for the life of the process: recipes, suggestions, phases and whoever moves one field
    // ask again for most of what the last one had.

    /// A moment of attention takes some 100 bytes.
    [<Literal>]
    let private MostMoments = 32768

    let private moments =
        keep MostMoments (fun struct (tokens, s, u) -> AttentionMoments.compute tokens s u)

    let private fluctuations =
        keep MostMoments (fun struct (tokens, s, u) -> HeadMoments.compute tokens s u)

    /// A grid has some thousand nodes, as far as it is asked for.
    [<Literal>]
    let private MostGrids = 32

    let private fineGrid = keep MostGrids (fun (tokens: int) -> AttentionGrid tokens)
    let private coarseGrid = keep MostGrids AttentionGrid.Coarse
    let private headGrid = keep MostGrids (fun (tokens: int) -> HeadGrid tokens)

    /// Step in ln σ_r of the grid of routers that are sampled; O and B are linear in between to a thousandth.
    [<Literal>]
    let private RouterStep = 0.25

    /// Deviation of logits below which O and B are linear in it, and beyond which they are in its inverse: derivation section 16.2. Norms
    /// that vanish or grow pass through any number of others.
    [<Literal>]
    let private FaintRouter = 0.03125

    [<Literal>]
    let private StrongRouter = 64.0

    /// What stands for the limits: experts are still chosen by the order of their logits, and one of them may take all.
    [<Literal>]
    let private FaintestRouter = 1e-6

    [<Literal>]
    let private StrongestRouter = 1e9

    [<Literal>]
    let private MostRouters = 4096

    let private sampledRouter =
        keep MostRouters (fun struct (experts: Experts, largest) -> RouterMoments.compute experts largest)

    let private roughRouter =
        keep MostRouters (fun struct (experts: Experts, largest) -> RouterMoments.computeRoughly experts largest)

    /// On a grid that the record's own σ_r belongs to, for tokens of norm 1. Correlations of n tokens go down to −1/(n−1).
    let private routers roughly (architecture: Architecture) =
        let largest = 1.0 - Architecture.leastCorrelation architecture.Tokens

        let sampled = if roughly then roughRouter else sampledRouter

        fun (experts: Experts) (seen: float) ->
            let ofStd std =
                let alone =
                    { experts with
                        RouterStd = std
                        Dense = 0 }

                sampled struct (alone, largest)

            let at k =
                let std = experts.RouterStd * exp (RouterStep * k)

                if experts.RouterStd = 0.0 then
                    ofStd 0.0
                elif std < FaintRouter then
                    RouterMoments.between (std / FaintRouter) (ofStd FaintestRouter) (ofStd FaintRouter)
                elif std > StrongRouter then
                    RouterMoments.between (StrongRouter / std) (ofStd StrongestRouter) (ofStd StrongRouter)
                else
                    ofStd std

            if seen = 0.0 then
                ofStd 0.0
            else
                let place = 0.5 * log seen / RouterStep
                let below = floor place

                if place = below then
                    at below
                else
                    RouterMoments.between (place - below) (at below) (at (below + 1.0))

    /// Logits of tokens alike have the deviation σ_A κ, or σ_A where queries and keys are normalised.
    let private sinks (architecture: Architecture) (parameters: AttentionParameters) (seen: float) =
        let head = parameters.Head

        let s =
            match head.QueryKeyNorm with
            | QueryKeyNorm.None -> parameters.LogitStd * seen
            | QueryKeyNorm.Head
            | QueryKeyNorm.All -> parameters.LogitStd

        SinkMoments.compute architecture.Tokens (Architecture.headWidth architecture) s head.Sink.Value

    /// Largest variance of pre-activations that is followed: what is formed of it stays in double precision.
    [<Literal>]
    let internal LargestVariance = 1e300

    /// s²u up to which rows of attention are nearly equal: what is left out of T2, a share of this order, is below the 1e-8 that the
    /// moments are computed to.
    [<Literal>]
    let internal Near = 1e-12

    /// tanh's kernels where a norm is one; beyond this variance they are not taken, as of a module's pre-activations.
    let private norm kernels (variance: float) : Kernel =
        if variance <= LargestVariance then
            kernels Activation.Tanh variance
        else
            raise (
                DivergenceException(
                    1,
                    $"the norm's tanh sees tokens of variance {variance}: it must be at most {LargestVariance}; lower normKind.dyt"
                )
            )

    /// The laws of an architecture, derivation sections 2, 3, 13.2 and 16, computed exactly at first use and remembered: depth repeats
    /// them.
    let exact (architecture: Architecture) =
        let tokens = architecture.Tokens
        let near = remember (AttentionMoments.near tokens)

        let besideSinks =
            remember (fun struct (parameters, seen) -> sinks architecture parameters seen)

        { Attention =
            fun s u ->
                if u >= 0.0 && s >= 0.0 && AttentionMoments.areNear Near s u then
                    near s u
                else
                    moments struct (tokens, s, u)
          Heads = fun s u -> fluctuations struct (tokens, s, u)
          Mlp = remember (Kernels.at architecture.Activation)
          Norm = remember (norm Kernels.at)
          Router = routers false architecture
          Sink = fun parameters seen -> besideSinks struct (parameters, seen)
          AreAlike = false
          Proceed = ignore }

    /// The same laws, derivation sections 2 and 3, which raise OperationCanceledException once `cancellation` is asked for.
    let stoppable (cancellation: CancellationToken) (laws: Laws) : Laws =
        let proceed = cancellation.ThrowIfCancellationRequested

        { laws with
            Attention =
                fun s u ->
                    proceed ()
                    laws.Attention s u
            Mlp =
                fun v ->
                    proceed ()
                    laws.Mlp v
            Proceed = proceed }

    /// Error that a table may add to the attention moments.
    [<Literal>]
    let private TableTolerance = 1e-9

    /// The laws for many architectures of one family: kernels without a set-up of their own, and attention's moments from one
    /// Chebyshev table over the logit scales from `lowest` to `highest`, derivation section 3.5; outside of it they are computed, as
    /// fluctuations of heads always are. The table is built when it is first needed: neither the collapsed line nor a causal mask
    /// ever needs it.
    let tabulated (architecture: Architecture) lowest highest =
        let exact = exact architecture

        let table =
            lazy AttentionTable.Build(architecture.Tokens, lowest, highest, TableTolerance)

        { exact with
            Mlp = remember (Kernels.ofFew architecture.Activation)
            Norm = remember (norm Kernels.ofFew)
            Attention =
                fun s u ->
                    if table.Value.Covers(s, u) then
                        table.Value.Moments(s, u)
                    else
                        exact.Attention s u }

    /// Laws for a search among neighbours of an architecture: attention's moments from a grid that fills itself, heads that do not
    /// fluctuate, kernels without a set-up of their own, routers from fewer numbers.
    let internal forSearch (architecture: Architecture) =
        // without a norm before attention each layer of each neighbour has a spread of its own
        let grid =
            if architecture.Norm.Before || architecture.Norm.OnSum then
                fineGrid architecture.Tokens
            else
                coarseGrid architecture.Tokens

        { exact architecture with
            Attention = grid.Moments
            Heads = fun _ _ -> HeadMoments.still
            Mlp = Kernels.ofManyRoughly architecture.Activation
            Norm = norm Kernels.ofManyRoughly
            Router = routers true architecture }

    /// Laws for an error, or a share that is of no head's fluctuations: attention's moments and fluctuations from grids that fill
    /// themselves, kernels without a set-up of their own, routers from fewer numbers.
    let internal estimated (architecture: Architecture) =
        { exact architecture with
            Attention = (fineGrid architecture.Tokens).Moments
            Heads = (headGrid architecture.Tokens).Moments
            Mlp = remember (Kernels.ofMany architecture.Activation)
            Norm = remember (norm Kernels.ofMany)
            Router = routers true architecture }

    /// Layers from which on moments of each take seconds.
    [<Literal>]
    let private ManyLayers = 100

    /// Laws for one architecture of several that stand beside each other: routers from fewer numbers, and where layers are many moments
    /// and fluctuations from grids; kernels of pairs want their series.
    let internal quick (architecture: Architecture) =
        let laws =
            { exact architecture with
                Router = routers true architecture }

        if architecture.Depth < ManyLayers then
            laws
        else
            { laws with
                Attention = (fineGrid architecture.Tokens).Moments
                Heads = (headGrid architecture.Tokens).Moments }

    /// The laws as if there were ever more heads, which then do not fluctuate: derivation sections 4, 5 and 13.3.
    let manyHeads (laws: Laws) : Laws =
        { laws with
            Heads = fun _ _ -> HeadMoments.still }

    /// The laws of most networks where the mean is over few: where fewer than half of them have, in a layer, a row of attention whose weight
    /// two tokens share, n H (1 − S1) < ln 2, no gradient passes through logits.
    let internal withoutRareTies (architecture: Architecture) (laws: Laws) : Laws =
        let rows = float architecture.Tokens * float architecture.Heads

        { laws with
            Attention =
                fun s u ->
                    let moments = laws.Attention s u

                    if rows * (1.0 - moments.S1) < log 2.0 then
                        { moments with T1 = 0.0; T2 = 0.0 }
                    else
                        moments }

    /// The laws at the collapsed line of an attention that keeps the share μ of every difference between tokens and all of the mean,
    /// where experts are chosen alike.
    /// S1 and S2 are those of a symmetric map with just these two eigenvalues.
    let internal onLineKeeping share (architecture: Architecture) (laws: Laws) : Laws =
        let n = float architecture.Tokens

        let moments =
            { S1 = 1.0 / n + share * (n - 1.0) / n
              S2 = (1.0 - share) / n
              T1 = (1.0 - 1.0 / n) / n
              T2 = (1.0 - 1.0 / n) / n }

        { laws with
            Attention = fun _ _ -> moments
            Heads = fun _ _ -> HeadMoments.still
            Router =
                fun experts seen ->
                    laws.Router experts seen
                    |> RouterMoments.withoutSwaps (experts.RouterStd * experts.RouterStd * seen)
            AreAlike = true }

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
