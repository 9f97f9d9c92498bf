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

          test "the tree has every pair of values of any two factors, the engine among them" {
              // read back from the claims, not from the rows
              let claims = covering |> Array.map _.Words

              let values =
                  Array.append
                      (factors |> Array.map (fun factor -> factor.Values |> Array.map _.Words))
                      [| covering |> Array.map _.Engine.Name |> Array.distinct |]

              let words =
                  claims |> Array.map (fun (claim: string) -> Set.ofArray (claim.Split ", "))

              for one in 0 .. values.Length - 1 do
                  for other in one + 1 .. values.Length - 1 do
                      for first in values[one] do
                          for second in values[other] do
                              Expect.isTrue
                                  (words
                                   |> Array.exists (fun claim -> claim.Contains first && claim.Contains second))
                                  $"{first} with {second}"

              Expect.equal (Array.distinct claims) claims "no claim twice"
          }

          test "every engine of the command takes part" {
              Expect.equal
                  (covering |> Array.map _.Engine.Name |> Set.ofArray)
                  (Hybrid.Cli.Shared.BuiltEngines.Catalogue.Entries |> Seq.map _.Name |> Set.ofSeq)
                  "engines"
          } ]
