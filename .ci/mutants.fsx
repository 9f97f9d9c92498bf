// What .ci/mutants does with an F# library: COPY PROJECT SEED SAMPLE [FILE …]. Small faults, put one at a time into COPY, a copy of the
// tree that is built once: a site becomes a call of `Mutant`, which is the code as it stands unless the environment names the site.
// The room's test files run once, one by one, and note which sites they reach. A fault is then put to the files that reach it: that of
// its own name first, then the quicker half, then the others; whatever fails or hangs has found it.
// Of Stryker's reports `choose PATH SEED SAMPLE CHOSEN FILE …` draws faults, writes them to CHOSEN and prints where they are, and
// `report PATH NAME [CHOSEN]` says what became of all, or of those.
#r "FSharp.Compiler.Service.dll"

open System
open System.Diagnostics
open System.IO
open System.Text.Json
open System.Text.RegularExpressions
open FSharp.Compiler.CodeAnalysis
open FSharp.Compiler.Syntax
open FSharp.Compiler.Text

/// Faults that nothing can tell from the code as it stands, with reasons: file | line | change | why.
let equivalent =
    File.ReadAllLines "tests/mutants.txt"
    |> Array.filter (fun line -> line <> "" && not (line.StartsWith '#'))
    |> Array.map (fun line -> line.Split(" | ")[0..2] |> String.concat " | ")
    |> Set.ofArray

/// Prints an outcome, and what killed the fault.
let tell (line: int) entry result (by: string) =
    printfn $"{result} in line {line}: {entry}"

    if by <> "" then
        printfn $"    by {by}"

    result

/// The last line, and the exit code.
let finish name results =
    let count result =
        results |> List.filter ((=) result) |> List.length

    let killed, same = count "killed", count "equivalent"
    let day = DateTime.UtcNow.ToString "yyyy-MM-dd"
    printfn $"{name}: {killed} of {results.Length - same} killed, {same} equivalent, {day}"
    exit (if count "SURVIVED" = 0 then 0 else 1)

/// A fault of a Stryker report: the path of its file from here, its place as (line, column) from 0, the text there and what stands instead.
type Fault =
    { Path: string
      Lines: string[]
      Start: int * int
      End: int * int
      Replacement: string
      Status: string }

    /// Tells it from all others of one report.
    member this.Name = $"{this.Path} {this.Start} {this.End} {this.Replacement}"

let faultsOf (path: string) =
    let text (element: JsonElement) (key: string) = element.GetProperty(key).GetString()

    [ for file in (JsonDocument.Parse(File.ReadAllText path)).RootElement.GetProperty("files").EnumerateObject() do
          let lines = (text file.Value "source").ReplaceLineEndings("\n").Split '\n'
          let name = Path.GetRelativePath(Directory.GetCurrentDirectory(), file.Name)

          for mutant in file.Value.GetProperty("mutants").EnumerateArray() do
              let place (side: string) =
                  let position = mutant.GetProperty("location").GetProperty side
                  position.GetProperty("line").GetInt32() - 1, position.GetProperty("column").GetInt32() - 1

              { Path = name
                Lines = lines
                Start = place "start"
                End = place "end"
                Replacement = text mutant "replacement" |> _.ReplaceLineEndings(" ")
                Status = text mutant "status" } ]

/// What became of the faults of a report, or of the chosen ones.
let report path name chosen =
    let names = chosen |> Option.map (File.ReadAllLines >> Set.ofArray)

    [ for fault in faultsOf path do
          if names |> Option.forall (Set.contains fault.Name) then
              let (line, column), (last, stop) = fault.Start, fault.End

              let was =
                  if line = last then
                      fault.Lines[line][column .. stop - 1]
                  else
                      fault.Lines[line][column..] + " …"

              let entry =
                  $"{fault.Path} | {fault.Lines[line].Trim()} | {was} → {fault.Replacement}"

              match fault.Status with
              | "Killed"
              | "Timeout" -> tell (line + 1) entry "killed" ""
              | "Survived"
              | "NoCoverage" ->
                  let result =
                      if equivalent.Contains entry then
                          "equivalent"
                      else
                          "SURVIVED"

                  tell (line + 1) entry result ""
              | _ -> () ]
    |> finish name

/// Draws faults that compile of files, by what their paths end in, and prints the places that hold them.
let choose path seed sample chosen (files: string list) =
    let all =
        faultsOf path
        |> List.filter (fun fault ->
            fault.Status <> "CompileError"
            && files |> List.exists (fun file -> $"/{fault.Path}".EndsWith $"/{file}"))
        |> Array.ofList

    Random(int seed).Shuffle all
    let drawn = all |> Array.truncate (int sample)
    File.WriteAllLines(chosen, drawn |> Array.map _.Name)
    eprintfn $"{drawn.Length} of {all.Length} faults, seed {seed}"

    for path, faults in drawn |> Array.groupBy _.Path do
        let spans =
            faults
            |> Array.map (fun fault ->
                // the source has the file's own line endings, which are one character here
                let offset (line, column) =
                    (fault.Lines |> Array.take line |> Array.sumBy (fun text -> text.Length + 1))
                    + column

                $"{{{offset fault.Start}..{offset fault.End}}}")
            |> Array.distinct
            |> String.concat ""

        printfn $"**/{Path.GetFileName path}{spans}"

    exit 0

let copy, project, seed, sample, asked =
    match List.ofArray fsi.CommandLineArgs |> List.tail with
    | [ "report"; path; name ] -> report path name None
    | [ "report"; path; name; chosen ] -> report path name (Some chosen)
    | "choose" :: path :: seed :: sample :: chosen :: files -> choose path seed sample chosen files
    | copy :: project :: seed :: sample :: files -> copy, project, int seed, int sample, files
    | _ -> failwith "must have COPY PROJECT SEED SAMPLE [FILE …], choose or report"

let name: string = Path.GetFileName project
let tests = $"tests/{name}.Tests"

/// A fault: `Call` of the number and of the text between Start and End stands there instead; Change says it in words.
type Site =
    { File: string
      Start: Position
      End: Position
      Call: string
      Change: string
      Line: string }

let checker = FSharpChecker.Create()

let sitesOf (file: string) =
    let text = File.ReadAllText file
    let lines = text.Split '\n'

    let parsed =
        checker.ParseFile(
            file,
            SourceText.ofString text,
            { FSharpParsingOptions.Default with
                SourceFiles = [| file |] }
        )
        |> Async.RunSynchronously

    let words (range: range) =
        lines[range.StartLine - 1][range.StartColumn .. range.EndColumn - 1]

    let site (range: range) call change =
        { File = file
          Start = range.Start
          End = range.End
          Call = call
          Change = change
          Line = lines[range.StartLine - 1].Trim() }

    let isLiteral path =
        path
        |> List.exists (function
            | SyntaxNode.SynBinding(SynBinding(attributes = attributes)) ->
                attributes
                |> List.exists (fun list ->
                    list.Attributes
                    |> List.exists (fun attribute ->
                        attribute.TypeName.LongIdent
                        |> List.exists (fun part -> part.idText = "Literal")))
            | _ -> false)

    let oneLine (range: range) = range.StartLine = range.EndLine

    ([], parsed.ParseTree)
    ||> ParsedInput.fold (fun found path node ->
        match node with
        | SyntaxNode.SynExpr(SynExpr.App(_,
                                         false,
                                         SynExpr.App(_,
                                                     true,
                                                     SynExpr.LongIdent(longDotId = SynLongIdent([ operator ], _, _)),
                                                     left,
                                                     _),
                                         right,
                                         whole)) when oneLine whole ->
            let was = words whole

            let either call other neutral =
                [ site right.Range call $"{was} → {words left.Range} {other} {words right.Range}"
                  site right.Range neutral $"{was} → {words left.Range}" ]

            match operator.idText with
            | "op_Addition" -> either "negated" "-" "zero"
            | "op_Subtraction" -> either "negated" "+" "zero"
            | "op_Multiply" -> either "inverted" "/" "one"
            | "op_Division" -> either "inverted" "*" "one"
            | "op_LessThan"
            | "op_LessThanOrEqual"
            | "op_GreaterThan"
            | "op_GreaterThanOrEqual"
            | "op_Equality"
            | "op_Inequality" -> [ site whole "opposite" $"{was} → not ({was})" ]
            | _ -> []
            |> List.append found
        | SyntaxNode.SynExpr(SynExpr.Const((SynConst.Double _ | SynConst.Int32 _), range)) when
            Set.contains (words range) (set [ "0"; "1"; "2"; "0.0"; "1.0"; "2.0"; "0.5"; "-1.0"; "-2.0" ])
            && not (isLiteral path)
            ->
            site range "next" $"{words range} → {words range} + 1" :: found
        | SyntaxNode.SynExpr(SynExpr.Ident ident) when ident.idText = "max" || ident.idText = "min" ->
            let other = if ident.idText = "max" then "min" else "max"
            site ident.idRange other $"{ident.idText} → {other}" :: found
        | _ -> found)

let mutant =
    """/// The faults that can be switched on; none unless HYBRID_MUTANT has its number. HYBRID_REACHED is a file to which sites are added
/// as they are reached.
module Mutant

let active =
    match System.Environment.GetEnvironmentVariable "HYBRID_MUTANT" with
    | null | "" -> -1
    | number -> int number

let path = System.Environment.GetEnvironmentVariable "HYBRID_REACHED"
let noted = System.Collections.Generic.HashSet<int>()

let note (number: int) =
    lock noted (fun () ->
        if noted.Add number then
            System.IO.File.AppendAllText(path, $"{number}\n"))

    false

let on number = if isNull path then number = active else note number

let inline negated number x = if on number then -x else x
let inline zero number (x: ^T) : ^T = if on number then LanguagePrimitives.GenericZero else x
let inline inverted number (x: ^T) : ^T = if on number then LanguagePrimitives.GenericOne / x else x
let inline one number (x: ^T) : ^T = if on number then LanguagePrimitives.GenericOne else x
let inline opposite number (x: bool) = on number <> x
let inline next number (x: ^T) : ^T = if on number then x + LanguagePrimitives.GenericOne else x
let inline max number (f: ^T -> ^T -> ^T) : ^T -> ^T -> ^T = if on number then max else f
let inline min number (f: ^T -> ^T -> ^T) : ^T -> ^T -> ^T = if on number then min else f
"""

/// The file with its sites as calls. Calls that begin or end at one place nest.
let rewritten (file: string) (sites: (int * Site) list) =
    let lines = File.ReadAllText(file).Split '\n'

    let insertions =
        [ for number, site in sites do
              let length = site.End.Column - site.Start.Column
              (site.Start.Line, site.Start.Column, 1, -length, number), $"(Mutant.{site.Call} {number} ("
              (site.End.Line, site.End.Column, 0, length, -number), "))" ]

    for (line, column, _, _, _), text in List.sortByDescending fst insertions do
        lines[line - 1] <- lines[line - 1].Insert(column, text)

    String.Join('\n', lines)

let run limit (environment: (string * string) list) folder (arguments: string list) =
    let start =
        ProcessStartInfo(
            "dotnet",
            arguments,
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true
        )

    for name, value in environment do
        start.Environment[name] <- value

    use running = Process.Start start
    let output = running.StandardOutput.ReadToEndAsync()
    let error = running.StandardError.ReadToEndAsync()

    if running.WaitForExit(limit: TimeSpan) then
        Some(running.ExitCode, output.Result + error.Result)
    else
        running.Kill(entireProcessTree = true)
        None

let files =
    match asked with
    | [] -> Directory.GetFiles(project, "*.fs") |> Array.sort |> List.ofArray
    | files -> files |> List.map (fun file -> Path.Combine(project, file))

let all = files |> List.collect (sitesOf >> List.rev) |> Array.ofList
Random(seed).Shuffle all

let build () =
    run
        (TimeSpan.FromMinutes 30.)
        []
        copy
        [ "build"
          tests
          "-c"
          "Release"
          "-v"
          "q"
          "--nologo"
          "-p:TreatWarningsAsErrors=false"
          "-p:NoWarn=FS0058%3BFS3370" ]

/// What does not compile, such as a negated text, is no fault: its line's sites go.
let rec built (sites: Map<int, Site>) =
    for file, here in sites |> Map.toList |> List.groupBy (fun (_, site) -> site.File) do
        File.WriteAllText(Path.Combine(copy, file), rewritten file here)

    match build () with
    | Some(0, _) -> sites
    | Some(_, output) ->
        let bad =
            Regex.Matches(output, @"([^\s/]+\.fs)\((\d+),\d+\): error")
            |> Seq.map (fun fault -> fault.Groups[1].Value, int fault.Groups[2].Value)
            |> List.ofSeq

        let left =
            sites
            |> Map.filter (fun _ site -> not (List.contains (Path.GetFileName site.File, site.Start.Line) bad))

        if left.Count = sites.Count then
            failwith $"the copy in {copy} does not build: {output}"

        built left
    | None -> failwith "the copy does not build in half an hour"

let library = Path.Combine(copy, project, $"{name}.fsproj")
File.WriteAllText(Path.Combine(copy, project, "Mutant.fs"), mutant)

let listed =
    Regex("<Compile Include").Replace(File.ReadAllText library, "<Compile Include=\"Mutant.fs\" /><Compile Include", 1)

File.WriteAllText(library, listed)
let sites = all |> Array.truncate sample |> Array.indexed |> Map.ofArray |> built

/// The first test of some files that fails; None where all pass.
let failing limit environment (classes: string list) =
    let result =
        run
            limit
            environment
            copy
            [ "test"
              $"{tests}/bin/Release/net10.0/{name}.Tests.dll"
              "--filter"
              classes
              |> List.map (fun test -> $"FullyQualifiedName~{name}.Tests.{test}.")
              |> String.concat "|"
              "--"
              "xUnit.StopOnFail=true" ]

    match result with
    | None -> Some "no end"
    | Some(0, _) -> None
    | Some(_, output) ->
        let first = Regex.Match(output, @"Failed (.+?) \[")

        Some(
            if first.Success then
                first.Groups[1].Value
            else
                "the process ended"
        )

/// What a file of tests takes in seconds, and the sites that it reaches.
let reach (test: string) =
    let noted = Path.GetTempFileName()
    let clock = Stopwatch.StartNew()

    match failing (TimeSpan.FromHours 1.) [ ("HYBRID_REACHED", noted) ] [ test ] with
    | Some failed -> failwith $"without a fault there fails {failed}"
    | None -> ()

    let reached = File.ReadAllLines noted |> Array.map int |> Set.ofArray
    File.Delete noted
    test, clock.Elapsed.TotalSeconds, reached

let classes =
    Directory.GetFiles(Path.Combine(copy, tests), "*Tests.fs")
    |> Array.map (fun file -> Path.GetFileNameWithoutExtension file)
    |> Array.sort
    |> List.ofArray
    |> List.map reach

let whole = classes |> List.sumBy (fun (_, seconds, _) -> seconds)
printfn $"{name}: {sites.Count} of {all.Length} faults, seed {seed}; the tests take {whole:F0} s, file by file"

let outcome (KeyValue(number, site: Site)) =
    let entry = $"{site.File} | {site.Line} | {site.Change}"
    let own = $"{Path.GetFileNameWithoutExtension site.File}Tests"
    let tell = tell site.Start.Line entry

    let mine, others =
        classes
        |> List.filter (fun (_, _, reached) -> reached.Contains number)
        |> List.sortBy (fun (_, seconds, _) -> seconds)
        |> List.partition (fun (test, _, _) -> test = own)

    let lots =
        mine :: List.splitInto 2 others |> List.filter (not << List.isEmpty)

    let find lot =
        // other work may slow the machine down
        let limit =
            TimeSpan.FromSeconds(60.0 + 5.0 * List.sumBy (fun (_, seconds, _) -> seconds) lot)

        failing limit [ ("HYBRID_MUTANT", string number) ] (lot |> List.map (fun (test, _, _) -> test))

    if equivalent.Contains entry then
        tell "equivalent" ""
    else
        match List.tryPick find lots with
        | Some test -> tell "killed" test
        | None when lots.IsEmpty -> tell "SURVIVED" "no test that reaches it"
        | None -> tell "SURVIVED" ""

sites |> Seq.map outcome |> List.ofSeq |> finish name
