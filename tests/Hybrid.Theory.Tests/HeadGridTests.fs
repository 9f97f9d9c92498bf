module Hybrid.Theory.Tests.HeadGridTests

open FsCheck.FSharp
open Hybrid.Theory
open Xunit

/// What the grid states: leading order up to s = .03 leaves out 6 s², proportional losses up to u = .005 half of that, and cubic
/// interpolation 3/128 · .25⁴ = 10⁻⁴ of fourth derivatives, which are of order a hundred where many tokens cross over to one.
let private Accuracy = 0.02

/// Var S is a difference of numbers of size (E S)², good to 10⁻⁹ of it.
let private Rounding = 1e-9

[<Theory>]
[<InlineData(2)>]
[<InlineData(8)>]
[<InlineData(64)>]
[<InlineData(512)>]
let ``A grid has every fluctuation, and what covariances lose of it, to two per cent`` tokens =
    let grid = HeadGrid tokens
    let largest = AttentionTable.LargestU tokens

    let point = gen {
        let! s = Draw.logUniform 0.02 30.0
        let! u = Draw.logUniform 1e-6 largest
        return struct (s, u)
    }

    Check.holds 60 point (fun (struct (s, u)) ->
        let exact = HeadMoments.compute tokens s u
        let near = grid.Moments s u
        let s1 = (AttentionMoments.compute tokens s u).S1
        let rounding = 4.0 * Rounding * s1 * s1

        let check name expected actual =
            Check.absolute
                $"{name} at n = {tokens}, s = {s}, u = {u}"
                (Accuracy * abs expected + rounding)
                expected
                actual

        // what is lost changes sign where rows freeze
        let lost = exact.VarS * min 1.0 ((1.0 + s * s) * u)

        let checkLost name expected actual =
            Check.absolute
                $"{name} at n = {tokens}, s = {s}, u = {u}"
                (Accuracy * max lost (abs expected) + rounding)
                expected
                actual

        check "Var S" exact.VarS near.VarS
        check "U" exact.U near.U
        checkLost "Var S − Cov(X,S)" (exact.VarS - exact.CovXS) (near.VarS - near.CovXS)
        checkLost "Var S − Cov(S,S′)" (exact.VarS - exact.CovSS) (near.VarS - near.CovSS)

        // changes sign
        Check.absolute $"Cov(S,T) at s = {s}" (Accuracy * exact.VarS + rounding) exact.CovST near.CovST)

[<Fact>]
let ``Equal rows fluctuate together, and no logits not at all`` () =
    let grid = HeadGrid 16
    let line = grid.Moments 2.0 0.0
    // as `HeadMoments` has them there
    let s1 = (AttentionMoments.compute 16 2.0 0.0).S1
    Check.absolute "Cov(X,S)" (2.0 * Rounding * s1 * s1) line.VarS line.CovXS
    Assert.Equal(HeadMoments.still, grid.Moments 0.0 0.5)
