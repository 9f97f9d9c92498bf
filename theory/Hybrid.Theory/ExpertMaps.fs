namespace Hybrid.Theory

open System
open System.Numerics
open Hybrid.Architectures

/// How a drawn router weighs experts, for every pair of tokens: O_ij = Σ_e g_ie g_je and B_ij = tr(J_iᵀ J_j), J_i = ∂g_i/∂r_i with
/// the choice held fixed. Row-major n×n.
type internal Routing =
    {
        Experts: Experts
        /// O, the shared expert's weight included
        Overlaps: float[]
        /// B, without it
        Slopes: float[]
    }

/// The experts of one layer: derivation section 15.4. As d → ∞ with E fixed the router is drawn and the experts average out.
[<RequireQualifiedAccess>]
module internal ExpertMaps =

    let private logistic x = 1.0 / (1.0 + exp -x)

    /// Below it the logistic function is the exponential one to rounding.
    [<Literal>]
    let private Faint = -40.0

    /// Up to so many chosen experts are kept in order while the logits are read once.
    [<Literal>]
    let private Few = 16

    /// The `active` largest of `count` logits, the largest first; of equal ones the first.
    let private chooseFew (logits: float[]) count active (chosen: int[]) from =
        let lanes = Vector<float>.Count
        let mutable least = Double.NegativeInfinity
        let mutable e = 0

        while e < count do
            // most experts are no stronger than those that were chosen before them
            while e >= active
                  && e + lanes <= count
                  && Vector.LessThanOrEqualAll(Vector<float>(logits, e), Vector<float>(least)) do
                e <- e + lanes

            if e < count then
                let mutable place = min e active

                while place > 0 && logits[e] > logits[chosen[from + place - 1]] do
                    if place < active then
                        chosen[from + place] <- chosen[from + place - 1]

                    place <- place - 1

                if place < active then
                    chosen[from + place] <- e

                if e + 1 >= active then
                    least <- logits[chosen[from + active - 1]]

            e <- e + 1

    /// How many of `count` numbers are above `bound`.
    let private countAbove (numbers: float[]) count (bound: float) =
        let lanes = Vector<float>.Count
        let mutable above = Vector<int64>.Zero
        let mutable e = 0

        while e + lanes <= count do
            // a comparison that holds is −1
            above <- above - Vector.GreaterThan(Vector<float>(numbers, e), Vector<float>(bound))
            e <- e + lanes

        let mutable total = int (Vector.Sum above)

        while e < count do
            if numbers[e] > bound then
                total <- total + 1

            e <- e + 1

        total

    /// A bound that `active` < `count` numbers are above: where a line through how many are above two others has as many, and half way
    /// between those every other time. None where numbers tie there.
    let private tryBound (numbers: float[]) count active =
        let lanes = Vector<float>.Count
        let mutable lows = Vector<float>(numbers[0])
        let mutable highs = lows
        let mutable e = 0

        while e + lanes <= count do
            let part = Vector<float>(numbers, e)
            lows <- Vector.Min(lows, part)
            highs <- Vector.Max(highs, part)
            e <- e + lanes

        let mutable low = numbers[0]
        let mutable high = numbers[0]

        for lane in 0 .. lanes - 1 do
            low <- min low lows[lane]
            high <- max high highs[lane]

        while e < count do
            low <- min low numbers[e]
            high <- max high numbers[e]
            e <- e + 1

        let mutable aboveLow = countAbove numbers count low
        let mutable aboveHigh = 0
        let mutable found = if aboveLow = active then ValueSome low else ValueNone
        let mutable step = 0

        // between numbers that differ by a rounding there may be none
        while found.IsNone && aboveLow > active && step < 100 do
            let share =
                if step % 2 = 0 then
                    (float (aboveLow - active) + 0.5) / float (aboveLow - aboveHigh + 1)
                else
                    0.5

            let bound = low + share * (high - low)
            let above = countAbove numbers count bound

            if above = active then
                found <- ValueSome bound
            elif above > active then
                low <- bound
                aboveLow <- above
            else
                high <- bound
                aboveHigh <- above

            step <- step + 1

        found

    /// The choice of the `active` largest with the largest first and the rest as they come; of equal ones the first.
    let private chooseMany (logits: float[]) count active (rest: float[]) (chosen: int[]) from =
        let struct (bound, ties) =
            if active = count then
                struct (Double.NegativeInfinity, count)
            else
                match tryBound logits count active with
                | ValueSome bound -> struct (bound, 0)
                | ValueNone ->
                    Array.blit logits 0 rest 0 count
                    Array.Sort(rest, 0, count)
                    let least = rest[count - active]
                    struct (least, active - countAbove logits count least)

        let mutable ties = ties
        let mutable place = from
        let mutable largest = from

        for e in 0 .. count - 1 do
            let isTied = ties > 0 && logits[e] = bound

            if logits[e] > bound || isTied then
                if isTied then
                    ties <- ties - 1

                chosen[place] <- e

                if logits[e] > logits[chosen[largest]] then
                    largest <- place

                place <- place + 1

        let first = chosen[from]
        chosen[from] <- chosen[largest]
        chosen[largest] <- first

    /// σ(r) and σ(−r) of every expert, from e^{−|r|}.
    let private logistics (logits: float[]) count (ahead: float[]) (behind: float[]) row =
        let lanes = Vector<float>.Count
        let one = Vector<float>.One
        let mutable e = 0

        while e + lanes <= count do
            let logit = Vector<float>(logits, e)
            let faint = Vector.Exp -(Vector.Abs logit)
            let larger = one / (one + faint)
            let isPositive = Vector.GreaterThan(logit, Vector<float>.Zero)
            Vector.ConditionalSelect(isPositive, larger, faint * larger).CopyTo(ahead, e)
            Vector.ConditionalSelect(isPositive, faint * larger, larger).CopyTo(behind, row + e)
            e <- e + lanes

        while e < count do
            ahead[e] <- logistic logits[e]
            behind[row + e] <- logistic -logits[e]
            e <- e + 1

    /// Of token number `token`, from its logits r.
    let gates (experts: Experts) (logits: float[]) token (result: Gates) =
        let gate, drift, weight = result.Gate, result.Drift, result.Weight
        let count, active, chosen = result.Count, result.Active, result.Chosen
        let row, from = token * count, token * active

        // what was chosen before
        for k in from .. from + active - 1 do
            gate[row + chosen[k]] <- 0.0
            drift[row + chosen[k]] <- 0.0
            result.Weighted[row + chosen[k]] <- 0.0

        if active <= Few then
            chooseFew logits count active chosen from
        else
            chooseMany logits count active result.Rest chosen from

        let largest = logits[chosen[from]]

        let isMany = active > Few

        // e^(r − largest) of all experts, and their sum
        let exponentials (target: float[]) start =
            Elementary.exponentials largest (logits.AsSpan(0, count)) (target.AsSpan(start, count))

        // strengths of the chosen experts, of all of them at once where they are many
        let inline normalise (strength: int -> float) (weigh: int -> float) =
            let mutable total = 0.0

            for k in from .. from + active - 1 do
                let e = chosen[k]
                gate[row + e] <- strength e
                total <- total + gate[row + e]

            for k in from .. from + active - 1 do
                let e = chosen[k]
                gate[row + e] <- gate[row + e] / total
                drift[row + e] <- gate[row + e]
                weight[row + e] <- weigh e
                result.Weighted[row + e] <- drift[row + e] * weight[row + e]

        match experts.Gate with
        | Gate.Renormalised when isMany ->
            exponentials result.Rest 0 |> ignore
            normalise (fun e -> result.Rest[e]) (fun _ -> 1.0)
        | Gate.Renormalised -> normalise (fun e -> exp (logits[e] - largest)) (fun _ -> 1.0)
        | Gate.Softmax ->
            let total = exponentials result.Weighted row

            for e in row .. row + count - 1 do
                result.Weighted[e] <- result.Weighted[e] / total

            for k in from .. from + active - 1 do
                let e = row + chosen[k]
                gate[e] <- result.Weighted[e]
                drift[e] <- result.Weighted[e]
                weight[e] <- 1.0
        | Gate.Sigmoid when isMany ->
            logistics logits count result.Rest weight row

            // up to a common factor, so that the largest does not vanish; below as well
            if largest < Faint then
                exponentials result.Rest 0 |> ignore

            normalise (fun e -> result.Rest[e]) (fun e -> weight[row + e])
        | Gate.Sigmoid ->
            let strength e =
                if largest < Faint then
                    exp (logits[e] - largest)
                else
                    logistic logits[e]

            normalise strength (fun e -> logistic -logits[e])

    /// A router drawn for tokens of Gram `state`: logits σ_r F Γ.
    let route n (experts: Experts) key (state: float[]) : Routing =
        let factor = GramFactor.create n state
        let count = experts.Count
        let noise = Array.zeroCreate<float>(factor.Rank * count)
        CounterNormals.fill key noise.Length experts.RouterStd noise
        let all = Gates.Create(n, experts)
        let panels = Array.zeroCreate<float>(PanelProduct.size factor.Rank count)
        let edge = Array.zeroCreate (4 * PanelProduct.width)
        let logits = Array.zeroCreate<float>(n * count)
        PanelProduct.times n factor.Rank count factor.Entries factor.Nonzero noise panels edge logits
        let own = Array.zeroCreate<float> count

        for i in 0 .. n - 1 do
            Array.blit logits (i * count) own 0 count
            gates experts own i all

        let squared = experts.Scale * experts.Scale
        let overlaps = Array.zeroCreate<float>(n * n)
        let slopes = Array.zeroCreate<float>(n * n)

        for i in 0 .. n - 1 do
            for j in 0..i do
                let struct (overlap, slope) = all.Overlap(i, all, j)
                let o = squared * overlap + experts.Shared
                overlaps[i * n + j] <- o
                overlaps[j * n + i] <- o
                slopes[i * n + j] <- squared * slope
                slopes[j * n + i] <- squared * slope

        { Experts = experts
          Overlaps = overlaps
          Slopes = slopes }
