// What .ci/seeds counts of `check`, in one process: FIRST LAST [ARCH AND OPTIONS OF check …]. The command must be built. `rate N K` is the
// exit code alone where K of N counts disagree.
#r "../src/Hybrid.Cli/bin/Release/net10.0/hybrid.dll"

open System
open System.IO
open System.Text.RegularExpressions
open Hybrid.Cli

let arguments = fsi.CommandLineArgs |> Array.skip 1

/// 1 where so many or more of n disagree with probability less than a thousandth at a rate of 1 %.
let verdict n wrong =
    let fewer =
        Seq.init wrong id
        |> Seq.scan (fun term k -> term * float (n - k) / float (k + 1) * 0.01 / 0.99) (Math.Pow(0.99, float n))
        |> Seq.take wrong
        |> Seq.sum

    if 1.0 - fewer < 0.001 then 1 else 0

match arguments with
| [| "rate"; n; wrong |] -> exit (verdict (int n) (int wrong))
| _ -> ()

let first, last, options = int arguments[0], int arguments[1], arguments[2..]

/// Comparisons of a seed's report that agree, disagree and are inconclusive.
let report (seed: int) =
    use output = new StringWriter()
    use error = new StringWriter()

    let code =
        Cli.Run([| "check"; yield! options; "--seed"; string seed |], output, error)

    let counts =
        Regex.Match(output.ToString(), @"(\d+) of \d+ comparisons agree ✓, (\d+) disagree ✗, (\d+) inconclusive")

    if not counts.Success then
        eprintfn $"seed {seed}: no report (exit code {code}): {error.ToString().TrimEnd()}"
        exit 2

    let count (group: int) = int counts.Groups[group].Value
    struct (count 1, count 2, count 3)

let reports = [| for seed in first..last -> struct (seed, report seed) |]

let sum select =
    reports |> Array.sumBy (fun struct (_, counts) -> select counts)

let wrong =
    reports
    |> Array.choose (fun struct (seed, struct (_, disagree, _)) -> if disagree > 0 then Some seed else None)

let all = sum (fun struct (agree, disagree, unclear) -> agree + disagree + unclear)
let unclear = sum (fun struct (_, _, unclear) -> unclear)
let disagree = sum (fun struct (_, disagree, _) -> disagree)
let words = String.concat " " [| "check"; yield! options |]

printfn $"| `{words}` | {first} to {last} | {reports.Length} | {all} | {unclear} | {disagree} | {wrong.Length} |"

if wrong.Length > 0 then
    let seeds = wrong |> Array.map string |> String.concat " "
    eprintfn $"seeds whose report disagrees: {seeds}"

exit (verdict reports.Length wrong.Length)
