/// The design covers, and does so with few rows.
module Hybrid.Agreement.Tests.CoveringTests

open Expecto
open Hybrid.Agreement.Tests
open Hybrid.Agreement.Tests.Settings

/// Combinations of a design that no row holds.
let private missing strength sizes rows =
    Covering.combinations strength sizes
    |> Array.filter (fun combination -> not (rows |> Array.exists (fun row -> Covering.holds row combination)))

let private shapes = [ [| 2; 2; 2 |]; [| 5; 3; 4; 2 |]; [| 3; 3; 3; 3; 3 |]; sizes ]

let tests =
    testList
        "design"
        [ test "every combination of any one, two or three factors is in some row" {
              for sizes in shapes do
                  for strength in 1..3 do
                      let rows = Covering.rows strength sizes
                      Expect.isEmpty (missing strength sizes rows) $"strength {strength} over %A{sizes}"
          }

          test "without any one of its rows a pair is missing or the row came last: rows are few" {
              for sizes in shapes do
                  let rows = Covering.rows 2 sizes
                  // no design has fewer rows than the two largest factors have pairs; greedy takes at most half more
                  let largest = sizes |> Array.sortDescending |> Array.take 2 |> Array.reduce (*)
                  Expect.isGreaterThanOrEqual rows.Length largest $"%A{sizes}"
                  Expect.isLessThanOrEqual (2 * rows.Length) (3 * largest + 6) $"%A{sizes}"
          }

          test "the same sizes give the same rows" {
              Expect.equal (Covering.rows 2 sizes) (Covering.rows 2 sizes) "rows"
          }

          test "with all factors together a design is the product" {
              for sizes in [ [| 2; 3 |]; [| 3; 2; 2 |] ] do
                  Expect.equal
                      (Covering.rows sizes.Length sizes |> Array.sort)
                      (Covering.product sizes |> Array.sort)
                      $"%A{sizes}"
          }

          test "what is apart is in no row, and every other combination in some" {
              for sizes in shapes do
                  // the last value of the first factor with none but the first of the others, that of the last factor not at all
                  let apart struct (factor, value) struct (other, chosen) =
                      let last = sizes[factor] - 1

                      (factor = 0 && value = last && other > 0 && chosen > 0)
                      || (factor = other && factor = sizes.Length - 1 && value = last)

                  let apart one other = apart one other || apart other one
                  let rows = Covering.rowsBut apart 2 sizes

                  let possible (combination: (struct (int * int))[]) =
                      combination
                      |> Array.forall (fun one -> combination |> Array.forall (fun other -> not (apart one other)))

                  for row in rows do
                      Expect.isTrue
                          (possible (row |> Array.mapi (fun factor value -> struct (factor, value))))
                          $"%A{row}"

                  Expect.isEmpty (missing 2 sizes rows |> Array.filter possible) $"%A{sizes}"
          }

          test
              "the tree has every pair of values of any two factors, and of a factor and an engine, that an engine can draw" {
              // read back from the claims, not from the rows
              let words =
                  covering
                  |> Array.map (fun setting -> setting.Engine.Name, Set.ofArray (setting.Words.Split ", "))

              let found engine (values: Value list) =
                  words
                  |> Array.exists (fun (name, claim) ->
                      Option.forall ((=) name) engine
                      && values |> List.forall (fun value -> claim.Contains value.Words))

              let knows values (entry: Hybrid.Lab.Engines.EngineEntry) =
                  entry.Knows(values |> List.fold (fun architecture value -> value.Set architecture) manyHeads)

              for one in 0 .. factors.Length - 1 do
                  for first in factors[one].Values do
                      for entry in Array.append engines lackable do
                          if knows [ first ] entry then
                              Expect.isTrue (found (Some entry.Name) [ first ]) $"{first.Words} on {entry.Name}"

                      for other in one + 1 .. factors.Length - 1 do
                          for second in factors[other].Values do
                              if engines |> Array.exists (knows [ first; second ]) then
                                  Expect.isTrue (found None [ first; second ]) $"{first.Words} with {second.Words}"

              let claims = covering |> Array.map _.Words
              Expect.equal (Array.distinct claims) claims "no claim twice"
          }

          test "every engine of the command takes part" {
              Expect.equal
                  (covering |> Array.map _.Engine.Name |> Set.ofArray)
                  (Hybrid.Cli.Shared.BuiltEngines.Catalogue.Entries |> Seq.map _.Name |> Set.ofSeq)
                  "engines"
          } ]
