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

/// Of `Tokens` tokens, [Tokens, Count] each: gates g, 0 where an expert is not chosen, and p and w of
/// J_ee′ = ∂g_e/∂r_e′ = g_e(δ_ee′ − p_e′) w_e′.
type internal Gates =
    {
        Count: int
        Gate: float[]
        Drift: float[]
        Weight: float[]
        /// p_e w_e
        Weighted: float[]
        /// the experts that a token chose last, the strongest first
        Chosen: int[]
    }

    static member Create(tokens, count) =
        { Count = count
          Gate = Array.zeroCreate (tokens * count)
          Drift = Array.zeroCreate (tokens * count)
          Weight = Array.zeroCreate (tokens * count)
          Weighted = Array.zeroCreate (tokens * count)
          Chosen = Array.zeroCreate count }

    /// Σ_e g_e g′_e and tr JᵀJ′ of token i and token j of `other`.
    member this.Overlap(i, other: Gates, j) =
        let a, b = i * this.Count, j * this.Count
        // Σ_e′ (δ − p)(δ − p′) w w′ = w_e w′_e (1 − p_e − p′_e) + Σ (p w)(p′ w′)
        let common = SquareMatrix.dot this.Weighted a other.Weighted b this.Count
        let lanes = Vector<float>.Count
        let mutable overlaps = Vector<float>.Zero
        let mutable slopes = Vector<float>.Zero
        let mutable e = 0

        while e + lanes <= this.Count do
            let gg = Vector<float>(this.Gate, a + e) * Vector<float>(other.Gate, b + e)

            // few experts are chosen, and fewer by both tokens
            if not (Vector.EqualsAll(gg, Vector<float>.Zero)) then
                let weights = Vector<float>(this.Weight, a + e) * Vector<float>(other.Weight, b + e)
                let drifts = Vector<float>(this.Drift, a + e) + Vector<float>(other.Drift, b + e)
                overlaps <- overlaps + gg
                slopes <- slopes + gg * weights * (Vector<float>.One - drifts)

            e <- e + lanes

        let mutable overlap = Vector.Sum overlaps
        let mutable slope = Vector.Sum slopes

        while e < this.Count do
            let gg = this.Gate[a + e] * other.Gate[b + e]
            overlap <- overlap + gg

            slope <-
                slope
                + gg
                  * this.Weight[a + e]
                  * other.Weight[b + e]
                  * (1.0 - this.Drift[a + e] - other.Drift[b + e])

            e <- e + 1

        struct (overlap, slope + overlap * common)

/// The experts of one layer: derivation section 15.4. As d → ∞ with E fixed the router is drawn and the experts average out.
[<RequireQualifiedAccess>]
module internal ExpertMaps =

    let private logistic x = 1.0 / (1.0 + exp -x)

    /// Below it the logistic function is the exponential one to rounding.
    [<Literal>]
    let private Faint = -40.0

    /// The `active` largest of `count` logits, the largest first; of equal ones the first.
    let private choose (logits: float[]) count active (chosen: int[]) =
        for e in 0 .. count - 1 do
            let mutable place = min e active

            while place > 0 && logits[e] > logits[chosen[place - 1]] do
                if place < active then
                    chosen[place] <- chosen[place - 1]

                place <- place - 1

            if place < active then
                chosen[place] <- e

    /// Of the token whose numbers begin at `row`, from its logits r.
    let gates (experts: Experts) (logits: float[]) row (result: Gates) =
        let gate, drift, weight = result.Gate, result.Drift, result.Weight
        let count = experts.Count
        let chosen = result.Chosen
        choose logits count experts.Active chosen
        let largest = logits[chosen[0]]

        Array.Clear(gate, row, count)
        Array.Clear(drift, row, count)
        Array.fill weight row count 1.0

        match experts.Gate with
        | Gate.Renormalised ->
            let mutable total = 0.0

            for k in 0 .. experts.Active - 1 do
                let e = exp (logits[chosen[k]] - largest)
                gate[row + chosen[k]] <- e
                total <- total + e

            for k in 0 .. experts.Active - 1 do
                gate[row + chosen[k]] <- gate[row + chosen[k]] / total

            Array.blit gate row drift row count
        | Gate.Softmax ->
            let mutable total = 0.0

            for e in 0 .. count - 1 do
                drift[row + e] <- exp (logits[e] - largest)
                total <- total + drift[row + e]

            for e in 0 .. count - 1 do
                drift[row + e] <- drift[row + e] / total

            for k in 0 .. experts.Active - 1 do
                gate[row + chosen[k]] <- drift[row + chosen[k]]
        | Gate.Sigmoid ->
            // up to a common factor, so that the largest does not vanish
            let strength logit =
                if largest < Faint then
                    exp (logit - largest)
                else
                    logistic logit

            let mutable total = 0.0

            for k in 0 .. experts.Active - 1 do
                total <- total + strength logits[chosen[k]]

            for k in 0 .. experts.Active - 1 do
                gate[row + chosen[k]] <- strength logits[chosen[k]] / total

            Array.blit gate row drift row count

            for e in 0 .. count - 1 do
                weight[row + e] <- logistic -logits[e]

        for e in row .. row + count - 1 do
            result.Weighted[e] <- drift[e] * weight[e]

    /// A router drawn for tokens of Gram `state`: logits σ_r F Γ.
    let route n (experts: Experts) key (state: float[]) : Routing =
        let factor = GramFactor.create n state
        let count = experts.Count
        let noise = Array.zeroCreate<float>(factor.Rank * count)
        CounterNormals.fill key noise.Length experts.RouterStd noise
        let all = Gates.Create(n, count)
        let panels = Array.zeroCreate<float>(PanelProduct.size factor.Rank count)
        PanelProduct.pack factor.Rank count noise panels
        let logits = Array.zeroCreate<float>(n * count)

        PanelProduct.multiply
            n
            factor.Rank
            count
            factor.Entries
            factor.Nonzero
            panels
            PanelProduct.everything
            PanelProduct.everything
            false
            (Array.zeroCreate (4 * PanelProduct.width))
            logits

        let own = Array.zeroCreate<float> count

        for i in 0 .. n - 1 do
            Array.blit logits (i * count) own 0 count
            gates experts own (i * count) all

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
