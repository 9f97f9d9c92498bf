namespace Hybrid.Theory

open System
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

    /// Of the token whose numbers begin at `row`, from its logits r: gates g, 0 where an expert is not chosen; p and w of
    /// J_ee′ = g_e(δ_ee′ − p_e′) w_e′.
    let private gates (experts: Experts) (logits: float[]) row (gate: float[]) (drift: float[]) (weight: float[]) =
        let count = experts.Count
        let order = Array.init count id
        Array.Sort(Array.map (~-) logits, order)
        let largest = logits[order[0]]

        /// softmax over the first `size` of the order
        let softmax (target: float[]) size =
            let mutable total = 0.0

            for k in 0 .. size - 1 do
                total <- total + exp (logits[order[k]] - largest)

            for k in 0 .. size - 1 do
                target[row + order[k]] <- exp (logits[order[k]] - largest) / total

        Array.fill weight row count 1.0

        match experts.Gate with
        | Gate.Renormalised ->
            softmax gate experts.Active
            Array.blit gate row drift row count
        | Gate.Softmax ->
            softmax drift count

            for k in 0 .. experts.Active - 1 do
                gate[row + order[k]] <- drift[row + order[k]]
        | Gate.Sigmoid ->
            let mutable total = 0.0

            for k in 0 .. experts.Active - 1 do
                total <- total + logistic logits[order[k]]

            for k in 0 .. experts.Active - 1 do
                gate[row + order[k]] <- logistic logits[order[k]] / total

            Array.blit gate row drift row count

            for e in 0 .. count - 1 do
                weight[row + e] <- logistic -logits[e]

    /// A router drawn for tokens of Gram `state`: logits σ_r F Γ.
    let route n (experts: Experts) key (state: float[]) : Routing =
        let factor = GramFactor.create n state
        let count = experts.Count
        let noise = Array.zeroCreate<float>(factor.Rank * count)
        CounterNormals.fill key noise.Length experts.RouterStd noise
        let gate = Array.zeroCreate<float>(n * count)
        let drift = Array.zeroCreate<float>(n * count)
        let weight = Array.zeroCreate<float>(n * count)
        let logits = Array.zeroCreate<float> count

        for i in 0 .. n - 1 do
            Array.Clear logits

            for k in 0 .. factor.Rank - 1 do
                let f = factor.Entries[i * factor.Rank + k]

                for e in 0 .. count - 1 do
                    logits[e] <- logits[e] + f * noise[k * count + e]

            gates experts logits (i * count) gate drift weight

        // weighted: p_e w_e, so that Σ_e′ (δ − p)(δ − p′) w w′ = w_e w′_e (1 − p_e − p′_e) + Σ (p w)(p′ w′)
        let weighted = Array.map2 (*) drift weight
        let squared = experts.Scale * experts.Scale
        let overlaps = Array.zeroCreate<float>(n * n)
        let slopes = Array.zeroCreate<float>(n * n)

        for i in 0 .. n - 1 do
            for j in 0..i do
                let a, b = i * count, j * count
                let common = SquareMatrix.dot weighted a weighted b count
                let mutable overlap = 0.0
                let mutable slope = 0.0

                for e in 0 .. count - 1 do
                    let gg = gate[a + e] * gate[b + e]

                    if gg <> 0.0 then
                        overlap <- overlap + gg

                        slope <-
                            slope
                            + gg
                              * (weight[a + e] * weight[b + e] * (1.0 - drift[a + e] - drift[b + e]) + common)

                let o = squared * overlap + experts.Shared
                overlaps[i * n + j] <- o
                overlaps[j * n + i] <- o
                slopes[i * n + j] <- squared * slope
                slopes[j * n + i] <- squared * slope

        { Experts = experts
          Overlaps = overlaps
          Slopes = slopes }
