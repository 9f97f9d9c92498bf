// What .ci/mutants does: COPY PROJECT SEED SAMPLE …, where COPY is a copy of the tree. Small faults lie in the library, which is built once, and the
// environment says which of them is on. A fault is put to the room's test files: that of its own name first, then the quicker half, then
// the others; whatever fails or hangs has found it.
// F#: [FILE …]. A site becomes a call of `Mutant`, which is the code as it stands unless it is on. The test files run once, one
// by one, and note which sites they reach; a fault is put to those alone.
// C#: REPORT, of Stryker, prints where the faults lie that are drawn of it; REPORT BUILT puts them to all test files, of which BUILT is the
// report of the library that has them.
#r "FSharp.Compiler.Service.dll"

open System
open System.Diagnostics
open System.IO
open System.Text.Json
open System.Text.RegularExpressions
open System.Xml.Linq
open FSharp.Compiler.CodeAnalysis
open FSharp.Compiler.Syntax
open FSharp.Compiler.Text

let copy, project, seed, sample, asked =
    match List.ofArray fsi.CommandLineArgs |> List.tail with
    | copy :: project :: seed :: sample :: asked -> copy, project, int seed, int sample, asked
    | _ -> failwith "must have COPY PROJECT SEED SAMPLE [FILE …] or REPORT [BUILT]"

let name: string = Path.GetFileName project
let tests = $"tests/{name}.Tests"

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
let finish results =
    let count result =
        results |> List.filter ((=) result) |> List.length

    let killed, same = count "killed", count "equivalent"
    let day = DateTime.UtcNow.ToString "yyyy-MM-dd"
    printfn $"{name}: {killed} of {results.Length - same} killed, {same} equivalent, {day}"
    exit (if count "SURVIVED" = 0 then 0 else 1)

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

let library = $"{tests}/bin/Release/net10.0/{name}.Tests.dll"

/// The first test of some files that fails; None where all pass.
let failing limit environment (classes: string list) =
    let result =
        run
            limit
            environment
            copy
            [ "test"
              library
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

/// What the lots of test files say, one after the other, of a fault that the environment names; the files with what they take in seconds.
let outcome line entry environment lots =
    let find lot =
        // Other work may slow the machine down, and a fault that hangs takes all of it: files run beside each other, so that their sum is
        // more than their time.
        let limit = TimeSpan.FromSeconds(120.0 + 3.0 * List.sumBy snd lot)
        failing limit environment (List.map fst lot)

    if equivalent.Contains entry then
        tell line entry "equivalent" ""
    else
        let lots = lots |> List.filter (not << List.isEmpty)

        match List.tryPick find lots with
        | Some test -> tell line entry "killed" test
        | None when lots.IsEmpty -> tell line entry "SURVIVED" "no test that reaches it"
        | None -> tell line entry "SURVIVED" ""

/// Test files in lots: those of a file's own name, the quicker half, the others.
let lotsOf (file: string) (classes: (string * float) list) =
    let own = $"{Path.GetFileNameWithoutExtension file}Tests"

    let mine, others =
        classes
        |> List.sortBy snd
        |> List.partition (fun (test, _) -> $".{test}".EndsWith $".{own}")

    mine :: List.splitInto 2 others

/// What a room's test classes take in seconds, from one run of them all.
let times () =
    let log = Path.GetTempFileName()

    match run (TimeSpan.FromHours 1.) [] copy [ "test"; library; "--logger"; $"trx;LogFileName={log}" ] with
    | Some(0, _) -> ()
    | other -> failwith $"without a fault the tests fail: {other}"

    let all = XDocument.Load(log).Descendants() |> List.ofSeq
    File.Delete log

    let attribute name (element: XElement) = element.Attribute(XName.Get name).Value

    let named name =
        all |> List.filter (fun element -> element.Name.LocalName = name)

    let classOf =
        named "UnitTest"
        |> List.map (fun test ->
            let method =
                test.Elements()
                |> Seq.find (fun element -> element.Name.LocalName = "TestMethod")

            attribute "id" test, (attribute "className" method).Substring $"{name}.Tests.".Length)
        |> Map.ofList

    named "UnitTestResult"
    |> List.groupBy (fun result -> classOf[attribute "testId" result])
    |> List.map (fun (test, results) ->
        test,
        results
        |> List.sumBy (fun result -> TimeSpan.Parse(attribute "duration" result).TotalSeconds))

/// A fault of a Stryker report: where it lies, as text and as Stryker's option "mutate" has it, and the number that switches it on, which
/// it has in every report of the library.
type Fault =
    { File: string
      Line: int
      Entry: string
      Place: string
      Status: string
      Number: string }

let faultsOf (report: string) =
    let text (element: JsonElement) (key: string) = element.GetProperty(key).GetString()

    [| for file in (JsonDocument.Parse(File.ReadAllText report)).RootElement.GetProperty("files").EnumerateObject() do
           let lines = (text file.Value "source").ReplaceLineEndings("\n").Split '\n'
           let name = Path.GetRelativePath(copy, file.Name)

           for mutant in file.Value.GetProperty("mutants").EnumerateArray() do
               let place (side: string) =
                   let position = mutant.GetProperty("location").GetProperty side
                   position.GetProperty("line").GetInt32() - 1, position.GetProperty("column").GetInt32() - 1

               let (line, column), (last, stop) = place "start", place "end"

               let was =
                   if line = last then
                       lines[line][column .. stop - 1]
                   else
                       lines[line][column..] + " …"

               let replacement = (text mutant "replacement").ReplaceLineEndings " "

               let offset line column =
                   (lines |> Seq.take line |> Seq.sumBy (fun text -> text.Length + 1)) + column

               { File = name
                 Line = line + 1
                 Entry = $"{name} | {lines[line].Trim()} | {was} → {replacement}"
                 Place = $"**/{name}{{{offset line column}..{offset last stop}}}"
                 Status = text mutant "status"
                 Number = text mutant "id" } |]

let draw report =
    let faults =
        faultsOf report |> Array.filter (fun fault -> fault.Status <> "CompileError")

    Random(seed).Shuffle faults
    faults.Length, Array.truncate sample faults

let judge report built =
    let count, drawn = draw report

    let status =
        faultsOf built
        |> Array.map (fun fault -> fault.Number, fault.Status)
        |> Map.ofArray

    let classes = times ()
    printfn $"{name}: {drawn.Length} of {count} faults, seed {seed}; the tests take {List.sumBy snd classes:F0} s"

    [ for fault in drawn do
          // what does not compile is left out, and so is a block all of whose statements are there
          if status[fault.Number] <> "CompileError" && status[fault.Number] <> "Ignored" then
              lotsOf fault.File classes
              |> outcome
                  fault.Line
                  fault.Entry
                  [ "STRYKER_MUTANT_ID_CONTROL_VAR", "HYBRID_MUTANT"
                    "HYBRID_MUTANT", fault.Number ] ]
    |> finish

match asked with
| [ report ] when report.EndsWith ".json" ->
    for fault in snd (draw report) do
        printfn $"{fault.Place}"

    exit 0
| [ report; built ] when report.EndsWith ".json" -> judge report built
| _ -> ()

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

let listing = Path.Combine(copy, project, $"{name}.fsproj")
File.WriteAllText(Path.Combine(copy, project, "Mutant.fs"), mutant)

let listed =
    Regex("<Compile Include").Replace(File.ReadAllText listing, "<Compile Include=\"Mutant.fs\" /><Compile Include", 1)

File.WriteAllText(listing, listed)
let sites = all |> Array.truncate sample |> Array.indexed |> Map.ofArray |> built

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

sites
|> Seq.map (fun (KeyValue(number, site)) ->
    classes
    |> List.filter (fun (_, _, reached) -> reached.Contains number)
    |> List.map (fun (test, seconds, _) -> test, seconds)
    |> lotsOf site.File
    |> outcome site.Start.Line $"{site.File} | {site.Line} | {site.Change}" [ ("HYBRID_MUTANT", string number) ])
|> List.ofSeq
|> finish
