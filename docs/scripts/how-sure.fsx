// The evidence of docs/how-sure.md: tables on stdout, the figure in a file. After `dotnet build -c Release`, from the repository's root:
//   dotnet fsi docs/scripts/how-sure.fsx docs/figures/how-sure.svg
#I "../../src/Hybrid.Cli/bin/Release/net10.0"
#r "Hybrid.Import.dll"
#r "Hybrid.Drawing.dll"
#r "Hybrid.Lab.dll"

open System
open System.IO
open System.Text.Json
open Hybrid.Drawing.Figures
open Hybrid.Lab.Checks

type Row =
    {
        Group: string
        Name: string
        Placement: string
        Depth: int
        /// columns by name; NaN where there is no number
        Value: string -> float
        /// share of the context's worth that was learnt; NaN where the outcome is a word
        Learnt: float
        Word: string
    }

let file =
    Path.Combine(__SOURCE_DIRECTORY__, "..", "results", "verdict-evidence.json")

let document = JsonDocument.Parse(File.ReadAllText file).RootElement

let columns =
    [| for column in document.GetProperty("columns").EnumerateArray() -> column.GetString() |]

let rows =
    [| for row in document.GetProperty("rows").EnumerateArray() ->
           let cell (column: string) = row[Array.IndexOf(columns, column)]

           let number column =
               if (cell column).ValueKind = JsonValueKind.Number then
                   (cell column).GetDouble()
               else
                   nan

           { Group = (cell "group").GetString()
             Name = (cell "name").GetString()
             Placement = (cell "placement").GetString()
             Depth = (cell "depth").GetInt32()
             Value = number
             Learnt = number "outcome"
             Word =
               if (cell "outcome").ValueKind = JsonValueKind.String then
                   (cell "outcome").GetString()
               else
                   "" } |]

let trainableLimit, untrainableLimit = 3.0, 5.0

/// Learnt less than half of what the context is worth.
let failed row = row.Learnt < 0.5

let growth row =
    match row.Placement with
    | "pre"
    | "peri"
    | "output" -> row.Value "streamGrowth"
    | _ -> 0.0

let line row =
    max
        (abs (row.Value "lineAngle"))
        (min (abs (row.Value "lineGradient")) (abs (row.Value "lineGradient" - growth row)))

let larger weight (gradient: Row -> float) row =
    max (abs (row.Value "angleSum")) (weight * abs (gradient row))

let fromInput row = row.Value "gradientSum" - growth row
let inner row = row.Value "innerGradient"

let candidates =
    [ "line exponents, growth taken off (releases before)", line
      "|angleSum| alone", larger 0.0 inner
      "gradients alone, from layer 1", (fun row -> abs (inner row))
      "max(|angleSum|, |gradientSum|)", larger 1.0 (fun row -> row.Value "gradientSum")
      "max(|angleSum|, |gradientSum − growth|)", larger 1.0 fromInput
      "max(|angleSum|, |gradients from layer 1|)", larger 1.0 inner
      "max(|angleSum|, |difference mode from layer 1|)", larger 1.0 (fun row -> row.Value "innerDifference")
      "max(|angleSum|, ½ |gradientSum|)", larger 0.5 (fun row -> row.Value "gradientSum")
      "max(|angleSum|, ½ |gradientSum − growth|)", larger 0.5 fromInput
      "**max(|angleSum|, ½ |gradients from layer 1|)**", larger 0.5 inner
      "max(|angleSum|, ¼ |gradients from layer 1|)", larger 0.25 inner ]

/// How often a network that failed has the larger number than one that trained; ties count half.
let area (score: Row -> float) (group: Row[]) =
    let bad, good = Array.partition failed group

    if bad.Length = 0 || good.Length = 0 then
        nan
    else
        let good = good |> Array.map score

        bad
        |> Array.averageBy (fun row ->
            let own = score row

            good
            |> Array.averageBy (fun other ->
                if own > other then 1.0
                elif own = other then 0.5
                else 0.0))

/// Networks that differ in σ_A alone have nearly equal losses: they are drawn together.
let places (group: Row[]) =
    group
    |> Array.groupBy (fun row -> row.Group, row.Placement, row.Depth, (row.Name.Split(", σ_A")[0]))
    |> Array.map snd

/// 95 % of 1000 bootstrap samples of places.
let interval score (group: Row[]) =
    let places = places group
    let random = Random 1

    let areas =
        [| for _ in 1..1000 -> area score (Array.concat [ for _ in places -> places[random.Next places.Length] ]) |]
        |> Array.filter Double.IsFinite
        |> Array.sort

    if areas.Length < 500 then
        nan, nan
    else
        areas[areas.Length / 40], areas[areas.Length - 1 - areas.Length / 40]

let trained =
    rows
    |> Array.filter (fun row ->
        Double.IsFinite row.Learnt
        && candidates |> List.forall (fun (_, score) -> Double.IsFinite(score row)))

let groups =
    [ for placement in [ "pre"; "peri"; "post" ] do
          yield
              $"grid, {placement}",
              trained
              |> Array.filter (fun row -> row.Group = "loss-vs-exponents" && row.Placement = placement)
      yield "survey, all placements", trained |> Array.filter (fun row -> row.Group = "survey")
      yield "chosen ones", trained |> Array.filter (fun row -> row.Group = "targeted") ]

let heads = groups |> List.map (fun (name, _) -> name)
printfn "| candidate | %s |" (String.Join(" | ", heads))
printfn "| --- |%s" (String.replicate heads.Length " --- |")

for name, score in candidates do
    let cells =
        [ for _, group in groups ->
              let low, high = interval score group
              $"%.3f{area score group} [%.3f{low}, %.3f{high}]" ]

    printfn "| %s | %s |" name (String.Join(" | ", cells))

printfn
    "\nnetworks, of which failed: %s"
    (String.Join("; ", [ for name, group in groups -> $"{name}: {group.Length}, {(Array.filter failed group).Length}" ]))

let counted = larger 0.5 inner

/// A network by itself: the best of nine optimisers and the second, longer training of one are not counted again.
let once row =
    row.Group <> "norm-placement" && row.Group <> "longer"

printfn "\n| networks | counted ≤ 1 | 1 to 2 | 2 to 3 | 3 to 4 | 4 to 5 | above 5 | at most 3 | 3 to 5 |"
printfn "| --- | --- | --- | --- | --- | --- | --- | --- | --- |"

let share (group: Row[]) low high =
    let inside =
        group |> Array.filter (fun row -> counted row > low && counted row <= high)

    if inside.Length = 0 then
        "–"
    else
        $"{(inside |> Array.filter (failed >> not)).Length} of {inside.Length}"

let frequency name group =
    let cells =
        [ for low, high in
              [ -1.0, 1.0
                1.0, 2.0
                2.0, 3.0
                3.0, 4.0
                4.0, 5.0
                5.0, infinity
                -1.0, 3.0
                3.0, 5.0 ] -> share group low high ]

    printfn "| %s | %s |" name (String.Join(" | ", cells))

for placement in [ "pre"; "peri"; "output"; "post"; "none" ] do
    for group in [ "loss-vs-exponents"; "survey"; "targeted" ] do
        let chosen =
            trained
            |> Array.filter (fun row -> row.Group = group && row.Placement = placement)

        if chosen.Length > 0 then
            frequency $"{placement}, {group}" chosen

    frequency $"{placement}, all" (trained |> Array.filter (fun row -> row.Placement = placement && once row))

frequency "all" (trained |> Array.filter once)

printfn
    "\n| architecture | placement | blocks | angleSum | gradientSum | streamGrowth | from layer 1 | counted | verdict | known | before |"

printfn "| --- | --- | --: | --: | --: | --: | --: | --: | --- | --- | --: |"

let verdict value =
    if not (Double.IsFinite value) then "undecided"
    elif value <= trainableLimit then "trainable"
    elif value <= untrainableLimit then "marginal"
    else "untrainable"

for row in rows do
    if row.Word <> "" || row.Group = "norm-placement" || row.Group = "targeted" then
        let known =
            if row.Word <> "" then
                row.Word
            else
                $"learnt %.2f{row.Learnt}"

        printfn
            "| %s | %s | %d | %.2f | %.2f | %.2f | %.2f | %.2f | %s | %s | %.2f |"
            row.Name
            row.Placement
            row.Depth
            (row.Value "angleSum")
            (row.Value "gradientSum")
            (row.Value "streamGrowth")
            (inner row)
            (counted row)
            (verdict (counted row))
            known
            (line row)

let limit label style value =
    CurveSeries(
        label,
        style,
        [| struct (value, -0.05); struct (value, 1.0) |]
        |> Array.map (fun struct (x, y) -> struct (x, y)),
        [||]
    )

let panel placement =
    let points group =
        [| for row in trained do
               if row.Group = group && row.Placement = placement then
                   CurvePoint(max 0.05 (counted row), max -0.1 row.Learnt, nan) |]

    let series =
        [ "grid: 450 networks", 0, "loss-vs-exponents"
          "survey: random architectures", 1, "survey"
          "chosen: logits, embeddings", 2, "targeted" ]

    CurvePanel(
        placement,
        "the number that decides, counted",
        "share learnt",
        [| for label, style, group in series do
               if (points group).Length > 0 then
                   CurveSeries(label, style, [||], points group)
           limit $"limits {trainableLimit} and {untrainableLimit}" 3 trainableLimit
           limit $"limits {trainableLimit} and {untrainableLimit}" 3 untrainableLimit |]
    )

printfn "\n| network of the grid | placement | blocks | counted | learnt in 600 steps | in 3000 |"
printfn "| --- | --- | --: | --: | --: | --: |"

for row in trained |> Array.filter (fun row -> row.Group = "longer") do
    let name = row.Name.Replace(", 3000 steps", "")

    let short =
        trained
        |> Array.find (fun other ->
            other.Group = "loss-vs-exponents"
            && (other.Name, other.Placement, other.Depth) = (name, row.Placement, row.Depth))

    printfn $"| {name} | {row.Placement} | {row.Depth} | %.2f{counted row} | %.2f{short.Learnt} | %.2f{row.Learnt} |"

match Array.toList fsi.CommandLineArgs with
| [ _; path ] ->
    File.WriteAllText(
        path,
        CurveFigure
            .Render(
                "What was learnt against the number that decides",
                "a point: one small network after training; 1 is all that the context is worth, 0 nothing of it, below ½ it failed, worse than −0.1 stands there",
                [| for placement in [ "pre"; "peri"; "output"; "post"; "none" ] -> panel placement |]
            )
            .Svg
    )
| _ -> ()
