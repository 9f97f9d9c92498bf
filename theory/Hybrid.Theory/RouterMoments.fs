namespace Hybrid.Theory

open System
open System.Numerics
open MathNet.Numerics
open MathNet.Numerics.LinearRegression
open Hybrid.Architectures

/// How a router that is drawn weighs experts for two tokens of correlation 1 − u, on average: O and B of derivation section 16.2.
/// Dimensionless.
type RouterMoments =
    {
        /// O(1), of a token with itself, the shared expert's weight included
        Overlap: float
        /// B(1), of a token with itself
        Slope: float
        /// O(1) − O(1 − u) = ½ E|g − g′|², of order √u
        OverlapLoss: float -> float
        /// B(1) − B(1 − u)
        SlopeLoss: float -> float
    }

/// Averages over the logits of one router, sampled with numbers of their own: pure functions of their arguments.
[<RequireQualifiedAccess>]
module RouterMoments =

    [<Literal>]
    let private Seed = 1603UL

    /// Logits that are drawn for one average, and how few tokens' they may be.
    [<Literal>]
    let private Logits = 1048576

    /// Fewest tokens, or pairs, of one average: sums over many chosen experts scatter less, and need fewer.
    let private fewest (experts: Experts) =
        max 1024 (8192 * 128 / max 128 experts.Active)

    let private samples (experts: Experts) =
        max (fewest experts) (Logits / experts.Count)

    /// Pairs of tokens a node.
    let private pairs (experts: Experts) =
        max (fewest experts) (Logits / 4 / experts.Count)

    let private density = Normal.density

    /// γ0, derivation (16.6): the density at 0 of the gap between the k-th and the (k+1)-th largest of `count` standard normal numbers,
    /// 1 ≤ k = `active` ≤ count; 0 where all are chosen.
    [<CompiledName("GapDensity")>]
    let gapDensity (count: int) (active: int) : float =
        if active >= count then
            0.0
        else
            let ways =
                SpecialFunctions.GammaLn(float count + 1.0)
                - SpecialFunctions.GammaLn(float active)
                - SpecialFunctions.GammaLn(float (count - active))

            // both tails leave nothing beyond nine deviations, and the integrand is entire: the trapezoid rule is exact to rounding
            let step = 0.02

            step
            * (seq { -450 .. 450 }
               |> Seq.sumBy (fun k ->
                   let x = float k * step
                   let below, above = Normal.cumulative x, Normal.cumulative -x

                   exp (
                       ways
                       + 2.0 * log (density x)
                       + float (count - active - 1) * log below
                       + float (active - 1) * log above
                   )))

    /// Probability γ0 √(2u/π) that two tokens of correlation 1 − u choose different experts, as u → 0: derivation (16.6). It does not
    /// depend on σ_r.
    [<CompiledName("SwapProbability")>]
    let swapProbability (experts: Experts) (u: float) : float =
        gapDensity experts.Count experts.Active * sqrt (2.0 * u / Math.PI)

    let private gatesOf experts (logits: float[]) : Gates =
        let gates = Gates.Create(1, experts)
        ExpertMaps.gates experts logits 0 gates
        gates

    /// Σ_e g_e² and tr JᵀJ of a token, averaged.
    let private own thin seed (experts: Experts) =
        let logits = Array.zeroCreate<float> experts.Count
        let gates = Gates.Create(1, experts)
        let count = samples experts / thin
        let mutable overlap = 0.0
        let mutable slope = 0.0

        for index in 0 .. count - 1 do
            CounterNormals.fill (CounterNormals.part seed index) experts.Count experts.RouterStd logits
            ExpertMaps.gates experts logits 0 gates
            let struct (o, b) = gates.Overlap(0, gates, 0)
            overlap <- overlap + o
            slope <- slope + b

        let squared = experts.Scale * experts.Scale / float count
        struct (squared * overlap, squared * slope)

    /// Parts of the pairs that are summed by themselves, so that sums do not depend on who takes which part.
    [<Literal>]
    let private Parts = 16

    /// Sums over pairs at one node: losses of O, their squares, losses of B.
    [<Struct>]
    type private Losses =
        { Overlap: float
          Squares: float
          Slope: float }

    /// second = ρ·first half of `both` + rest·second half.
    let private mix (rho: float) (rest: float) (both: float[]) (second: float[]) =
        let lanes = Vector<float>.Count
        let count = second.Length
        let mutable e = 0

        while e + lanes <= count do
            (rho * Vector<float>(both, e) + rest * Vector<float>(both, count + e)).CopyTo(second, e)
            e <- e + lanes

        while e < count do
            second[e] <- rho * both[e] + rest * both[count + e]
            e <- e + 1

    /// The sums over pairs number `from` to `until` − 1 at every u.
    let private lossesOf seed (experts: Experts) (us: float[]) from until =
        let both = Array.zeroCreate<float>(2 * experts.Count)
        let second = Array.zeroCreate<float> experts.Count
        let a, b = Gates.Create(1, experts), Gates.Create(1, experts)

        let sums =
            Array.create
                us.Length
                { Overlap = 0.0
                  Squares = 0.0
                  Slope = 0.0 }

        for index in from .. until - 1 do
            // the same numbers at every u
            CounterNormals.fill (CounterNormals.part (seed + 1UL) index) both.Length experts.RouterStd both
            ExpertMaps.gates experts both 0 a
            let struct (o1, b1) = a.Overlap(0, a, 0)

            for m in 0 .. us.Length - 1 do
                let rho = 1.0 - us[m]
                let rest = sqrt (max 0.0 (us[m] * (2.0 - us[m])))

                mix rho rest both second
                ExpertMaps.gates experts second 0 b
                let struct (o2, b2) = b.Overlap(0, b, 0)
                let struct (o, s) = a.Overlap(0, b, 0)
                let lost = 0.5 * (o1 + o2) - o

                sums[m] <-
                    { Overlap = sums[m].Overlap + lost
                      Squares = sums[m].Squares + lost * lost
                      Slope = sums[m].Slope + 0.5 * (b1 + b2) - s }

        sums

    /// O(1) − O and B(1) − B at every u, means and the first one's standard error.
    let private losses thin seed (experts: Experts) (us: float[]) =
        let count = pairs experts / thin

        let parts =
            Array.Parallel.init Parts (fun part ->
                lossesOf seed experts us (part * count / Parts) ((part + 1) * count / Parts))

        let n = float count
        let squared = experts.Scale * experts.Scale

        Array.init us.Length (fun m ->
            let sum select =
                parts |> Array.sumBy (fun part -> select part[m])

            let mean = sum _.Overlap / n

            struct (squared * mean,
                    squared * sqrt (max 0.0 (sum _.Squares / n - mean * mean) / n),
                    squared * sum _.Slope / n))

    /// E[g_k² | the k-th and the (k+1)-th logit are equal]: their common value is drawn from its density, the others on their sides of
    /// it.
    let private tied thin seed (experts: Experts) =
        let count, active = experts.Count, experts.Active
        let step = 0.005
        let grid = Array.init 3601 (fun k -> -9.0 + step * float k)

        let cumulated =
            grid
            |> Array.map (fun x ->
                exp (
                    2.0 * log (density x)
                    + float (count - active - 1) * log (Normal.cumulative x)
                    + float (active - 1) * log (Normal.cumulative -x)
                ))
            |> Array.scan (+) 0.0
            |> Array.tail

        let inverse p =
            let target = p * cumulated[cumulated.Length - 1]
            let found = Array.BinarySearch(cumulated, target)
            let above = min (grid.Length - 1) (if found >= 0 then found else ~~~found)

            if above = 0 then
                grid[0]
            else
                let before = cumulated[above - 1]
                grid[above - 1] + step * (target - before) / (cumulated[above] - before)

        let quantile p =
            Distributions.Normal.InvCDF(0.0, 1.0, max 1e-300 p)

        let numbers = Array.zeroCreate<float> count
        let draws = samples experts / 8 / thin
        let mutable sum = 0.0

        for index in 0 .. draws - 1 do
            CounterNormals.fill (CounterNormals.part (seed + 2UL) index) count 1.0 numbers
            let common = inverse (Normal.cumulative numbers[0])

            let logits =
                Array.init count (fun e ->
                    if e < active - 1 then
                        -(quantile (Normal.cumulative numbers[e + 1] * Normal.cumulative -common))
                    elif e = active - 1 then
                        common
                    elif e = active then
                        common - 1e-12
                    else
                        quantile (Normal.cumulative numbers[e] * Normal.cumulative common))

            let gates = gatesOf experts (logits |> Array.map (fun x -> experts.RouterStd * x))
            sum <- sum + gates.Gate[active - 1] * gates.Gate[active - 1]

        experts.Scale * experts.Scale * sum / float draws

    let private cuspBy thin seed (experts: Experts) =
        if experts.Active >= experts.Count then
            0.0
        else
            gapDensity experts.Count experts.Active
            * sqrt (2.0 / Math.PI)
            * tied thin seed experts

    /// c O(1), what O loses near the line over √u: derivation (16.6). 0 where every expert is always chosen.
    [<CompiledName("Cusp")>]
    let cusp (experts: Experts) : float = cuspBy 1 Seed experts

    /// Nodes in y = √u, and degree of the polynomial that goes through what is lost over y there.
    [<Literal>]
    let private Nodes = 14

    [<Literal>]
    let private Degree = 6

    /// Losses as y times polynomials in y = √u on [0, √largest], by least squares over sampled nodes.
    let private fit thin seed (experts: Experts) largest =
        let range = sqrt largest

        let nodes =
            Array.init Nodes (fun m -> range * 0.5 * (1.0 - cos (Math.PI * (float m + 1.0) / float Nodes)))

        let basis y =
            let x = 2.0 * y / range - 1.0
            let values = Array.create (Degree + 1) 1.0
            values[1] <- x

            for k in 2..Degree do
                values[k] <- 2.0 * x * values[k - 1] - values[k - 2]

            values

        let sampled = nodes |> Array.map (fun y -> y * y) |> losses thin seed experts

        let atNode select =
            Array.map2 (fun y sample -> select sample / y) nodes sampled

        let overlap = atNode (fun struct (mean, _, _) -> mean)
        let slope = atNode (fun struct (_, _, mean) -> mean)
        // least certain where choices seldom differ; on the line the cusp is known as well as at the best node
        let errors = atNode (fun struct (_, error, _) -> max error 1e-9)
        let rows = Array.map basis nodes

        let polynomial rows (values: float[]) (errors: float[]) =
            let coefficients =
                WeightedRegression.Weighted(rows, values, Array.map (fun error -> 1.0 / (error * error)) errors)

            fun u ->
                let y = sqrt u
                y * (Array.map2 (*) coefficients (basis y) |> Array.sum)

        struct (polynomial
                    (Array.append [| basis 0.0 |] rows)
                    (Array.append [| cuspBy thin seed experts |] overlap)
                    (Array.append [| Array.min errors |] errors),
                polynomial rows slope errors)

    /// From one of `thin` numbers. Of experts whose router sees tokens of norm 1, for u from 0 to `largest`; with `experts.RouterStd` in their place for tokens of
    /// another norm. Standard errors: .2 % of O(1) and B(1), 1 % of losses. Checks: one expert gives O = 1, B = 0; σ_r → 0
    /// gives O(1) = 1/k for gates of sum 1.
    let private computeThin thin seed (experts: Experts) (largest: float) : RouterMoments =
        let struct (overlap, slope) = own thin seed experts
        let fitted = lazy fit thin seed experts largest

        let loss select =
            if experts.RouterStd = 0.0 then
                // ties, which are always broken alike
                fun _ -> 0.0
            else
                fun u -> if u = 0.0 then 0.0 else select fitted.Value u

        { Overlap = overlap + experts.Shared
          Slope = slope
          OverlapLoss = loss (fun struct (overlap, _) -> overlap)
          SlopeLoss = loss (fun struct (_, slope) -> slope) }

    /// By the numbers of a seed.
    let internal computeBy seed (experts: Experts) (largest: float) : RouterMoments = computeThin 1 seed experts largest

    /// The same with the numbers that predictions use.
    let internal compute (experts: Experts) (largest: float) : RouterMoments = computeBy Seed experts largest

    /// The same from a sixteenth of them, four times as rough: where a prediction judges what is found.
    let internal computeRoughly (experts: Experts) (largest: float) : RouterMoments =
        computeThin 16 Seed experts largest

    /// The share `weight` of the way from one to another.
    let internal between weight (first: RouterMoments) (second: RouterMoments) : RouterMoments =
        let blend (a: float) (b: float) = (1.0 - weight) * a + weight * b

        { Overlap = blend first.Overlap second.Overlap
          Slope = blend first.Slope second.Slope
          OverlapLoss = fun u -> blend (first.OverlapLoss u) (second.OverlapLoss u)
          SlopeLoss = fun u -> blend (first.SlopeLoss u) (second.SlopeLoss u) }

    /// Those of tokens that always choose alike and whose logits have the variance v = σ_r² κ, to first order in u: gates still turn
    /// with their logits, ½ E|J δr|² = v B(1) u. Derivation (16.5): what a single network follows between two swaps of experts.
    let internal withoutSwaps (variance: float) (moments: RouterMoments) : RouterMoments =
        { moments with
            OverlapLoss = fun u -> variance * moments.Slope * u
            SlopeLoss = fun _ -> 0.0 }
