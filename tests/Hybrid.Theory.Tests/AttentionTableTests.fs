module Hybrid.Theory.Tests.AttentionTableTests

open System
open Hybrid.Theory
open Xunit

[<Theory>]
[<InlineData(1, 0.0, 3.0)>]
[<InlineData(2, 1.0, 1.0)>]
[<InlineData(32, 3.0, 3.0)>]
[<InlineData(48, 0.5, 1.5)>]
[<Trait("guards", "3.5 by property")>]
let ``The certificate bounds the error at points off the nodes`` tokens (lowest: float) (highest: float) =
    let table = AttentionTable.Build(tokens, lowest, highest, 1e-9)
    Assert.InRange(table.Error, 0.0, 3e-9)
    let random = Random 11

    let largest =
        if tokens = 1 then
            1.0
        else
            float tokens / float (tokens - 1)

    [ for _ in 1..25 do
          let scale = lowest + (highest - lowest) * random.NextDouble()
          let u = largest * random.NextDouble()
          let s = scale * sqrt u
          let direct = AttentionMoments.compute tokens s u
          let table = table.Moments(s, u)
          $"S1({s}, {u})", 1.0, direct.S1, table.S1
          $"S2({s}, {u})", 1.0, direct.S2, table.S2
          $"T1({s}, {u})", 1.0, direct.T1, table.T1
          $"T2({s}, {u})", 1.0, direct.T2, table.T2 ]
    |> Check.withinScale "moments" table.Error

[<Fact>]
[<Trait("guards", "3.5 by property")>]
let ``A tighter tolerance takes more nodes and meets it`` () =
    let size tolerance =
        let table = AttentionTable.Build(16, 2.0, 2.0, tolerance)
        let struct (_, columns) = table.Size
        columns

    Assert.True(size 1e-4 < size 1e-8)

[<Fact>]
let ``What the table does not cover is refused, not extrapolated`` () =
    let table = AttentionTable.Build(8, 1.0, 2.0, 1e-6)
    Assert.True(table.Covers(1.5 * sqrt 0.4, 0.4))
    Assert.False(table.Covers(2.5 * sqrt 0.4, 0.4))

    let thrown =
        Assert.Throws<ArgumentOutOfRangeException>(fun () -> table.Moments(2.5 * sqrt 0.4, 0.4) |> ignore)

    Assert.Contains("covers logit scales s/√u from 1 to 2", thrown.Message)

[<Theory>]
[<InlineData(2)>]
[<InlineData(16)>]
[<InlineData(64)>]
[<Trait("guards", "(3.9) 3.5 by property")>]
let ``Between a grid's nodes the moments and their gap are those computed, to half a per cent or thirty times that``
    tokens
    =
    let fine, coarse = AttentionGrid tokens, AttentionGrid.Coarse tokens
    // the share that differences keep, from rows that are nearly equal to independent ones, s from weak to frozen
    for s in [ 0.02; 0.3; 1.1; 4.3; 20.7 ] do
        for u in [ 1e-9; 1e-6; 0.013; 0.21; 0.83; 0.99 ] do
            let exact = AttentionMoments.compute tokens s u

            // a difference of moments would be rounding where rows are nearly equal: there it is that of (3.9)
            let gap =
                if s * s * u < 1e-6 then
                    s * s * u * exact.T1
                else
                    exact.S1 - exact.S2

            // of cubics through nodes twice as far apart: 2⁴ times as much, twice that where the nodes lie to one side
            for grid, tolerance in [ fine, 0.005; coarse, 32.0 * 0.005 ] do
                let close = grid.Moments s u

                Check.relativeRows
                    $"s = {s}, u = {u}"
                    tolerance
                    [ "S1", exact.S1, close.S1
                      "S1 − S2", gap, close.S1 - close.S2
                      "T1", exact.T1, close.T1
                      "T2", exact.T2, close.T2 ]

[<Fact>]
[<Trait("guards", "(3.9) 3.5 by closed form")>]
let ``Off its nodes' range a grid has what is left of weak logits and of equal rows`` () =
    // rows are the uniform average to s² at weak spreads, and of equal ones T2 is T1
    for grid in [ AttentionGrid 8; AttentionGrid.Coarse 8 ] do
        for s, u in [ 0.0, 0.5; 1e-5, 0.5; 2.0, 0.0; 2.0, 1e-300 ] do
            let exact, close = AttentionMoments.compute 8 s u, grid.Moments s u

            Check.relativeRows
                $"s = {s}, u = {u}"
                0.04
                [ "S1", exact.S1, close.S1
                  "T1", exact.T1, close.T1
                  "T2", exact.T2, close.T2
                  "S1 − S2", s * (s * u) * exact.T1, s * (s * u) * close.T1
                  "S2", close.S1 - s * (s * u) * close.T1, close.S2 ]
