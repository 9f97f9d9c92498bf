namespace Hybrid.Theory

/// The token simplex at one place of the residual stream: all tokens have squared norm q per coordinate, any two have
/// correlation ρ = 1 − u. u is carried, never formed as a difference. Derivation (1.1).
[<Struct>]
type TokenSimplex =
    { Q: float
      U: float }

    /// ρ = p/q
    member this.Rho = 1.0 - this.U

    /// p = qρ
    member this.P = this.Q * (1.0 - this.U)

/// Gram of the loss gradient per coordinate, derivation section 5: g_d of a token with itself, g_o between two tokens.
[<Struct>]
type GradientGram =
    { Diagonal: float
      OffDiagonal: float }

    static member (+)(a, b) =
        { Diagonal = a.Diagonal + b.Diagonal
          OffDiagonal = a.OffDiagonal + b.OffDiagonal }

    /// Both entries times `factor`.
    member this.Times(factor: float) =
        { Diagonal = factor * this.Diagonal
          OffDiagonal = factor * this.OffDiagonal }

/// What a module puts out for permutation-symmetric tokens: q_f and q_f − p_f, before any normalisation of the branch.
[<Struct>]
type BranchSimplex = { Q: float; Gap: float }
