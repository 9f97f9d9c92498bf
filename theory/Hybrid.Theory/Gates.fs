namespace Hybrid.Theory

open System.Numerics
open Hybrid.Architectures

/// Of `Tokens` tokens, [Tokens, Count] each: gates g, 0 where an expert is not chosen, and p and w of
/// J_ee′ = ∂g_e/∂r_e′ = g_e(δ_ee′ − p_e′) w_e′, where one is.
type internal Gates =
    {
        Count: int
        Active: int
        Gate: float[]
        Drift: float[]
        Weight: float[]
        /// p_e w_e of every expert; 0 of one that is not chosen but for a softmax over all
        Weighted: float[]
        /// the experts that each token chose, [Tokens, Active], the strongest first where they are few
        Chosen: int[]
        /// logits in the course of a choice among many, then the strengths of all experts
        Rest: float[]
        /// whether sums go over experts that are chosen, and not over all of them
        IsSparse: bool
    }

    static member Create(tokens, experts: Experts) =
        let count = experts.Count

        { Count = count
          Active = experts.Active
          Gate = Array.zeroCreate (tokens * count)
          Drift = Array.zeroCreate (tokens * count)
          Weight = Array.zeroCreate (tokens * count)
          Weighted = Array.zeroCreate (tokens * count)
          Chosen = Array.zeroCreate (tokens * experts.Active)
          Rest = Array.zeroCreate count
          IsSparse =
            // four experts at a time cost what one of those chosen does
            4 * experts.Active < count
            && (match experts.Gate with
                | Gate.Renormalised
                | Gate.Sigmoid -> true
                | Gate.Softmax -> false) }

    member private this.OverChosen(i, other: Gates, b) =
        let a = i * this.Count
        let mutable common = 0.0
        let mutable overlap = 0.0
        let mutable slope = 0.0

        for k in i * this.Active .. (i + 1) * this.Active - 1 do
            let e = this.Chosen[k]
            let gg = this.Gate[a + e] * other.Gate[b + e]

            if gg <> 0.0 then
                common <- common + this.Weighted[a + e] * other.Weighted[b + e]
                overlap <- overlap + gg

                slope <-
                    slope
                    + gg
                      * this.Weight[a + e]
                      * other.Weight[b + e]
                      * (1.0 - this.Drift[a + e] - other.Drift[b + e])

        struct (overlap, slope + overlap * common)

    /// Σ_e g_e g′_e and tr JᵀJ′ of token i and token j of `other`.
    member this.Overlap(i, other: Gates, j) =
        let a, b = i * this.Count, j * this.Count

        // Σ_e′ (δ − p)(δ − p′) w w′ = w_e w′_e (1 − p_e − p′_e) + Σ (p w)(p′ w′)
        if this.IsSparse then
            this.OverChosen(i, other, b)
        else
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
