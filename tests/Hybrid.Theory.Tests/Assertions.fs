namespace Hybrid.Theory.Tests

open System
open FsCheck
open FsCheck.FSharp
open Xunit

/// The one way in which these tests compare numbers: finiteness first, then the worst entry, named with its position.
[<RequireQualifiedAccess>]
module Check =

    let private report name bound (index: string) (expected: float) (actual: float) (error: float) =
        Assert.Fail(
            $"{name}: expected {expected:R}, actual {actual:R}, worst at {index}, error {error:G3}, allowed {bound:G3}"
        )

    let private finite name index (value: float) =
        if not (Double.IsFinite value) then
            Assert.Fail($"{name}: {value} at {index} is not finite")

    /// |actual − expected| ≤ tolerance · scale for every (label, scale, expected, actual). A row of scale 0 must be met
    /// exactly.
    let withinScale name tolerance (rows: (string * float * float * float) seq) =
        let rows = Seq.toArray rows
        Assert.NotEmpty rows

        for label, scale, expected, actual in rows do
            finite name label scale
            finite name label expected
            finite name label actual

        let error (_, scale, expected, actual) =
            let difference = abs (actual - expected)
            if difference = 0.0 then 0.0 else difference / abs scale

        let label, _, expected, actual as worst = Array.maxBy error rows

        if error worst > tolerance then
            report name tolerance label expected actual (error worst)

    /// |actual/expected − 1| ≤ tolerance for every (label, expected, actual)
    let relativeRows name tolerance rows =
        rows
        |> Seq.map (fun (label, expected, actual) -> label, expected, expected, actual)
        |> withinScale name tolerance

    /// |actual/expected − 1| ≤ tolerance
    let relative name tolerance expected actual =
        relativeRows name tolerance [ "the value", expected, actual ]

    /// |actual − expected| ≤ tolerance
    let absolute name tolerance expected actual =
        withinScale name tolerance [ "the value", 1.0, expected, actual ]

    /// `actual` rounded to `digits` significant digits is `expected`, as a printed table has it.
    let significant name digits rows =
        rows
        |> Seq.map (fun (label, expected, actual) ->
            // half a unit in the last printed place, and 1e-9 of it for the decimal's own rounding
            let place =
                if expected = 0.0 then
                    1.0
                else
                    Math.Pow(10.0, floor (log10 (abs expected)) + 1.0 - float digits)

            label, place, expected, actual)
        |> withinScale name (0.5 * (1.0 + 1e-9))

    /// value ≤ bound
    let atMost name (bound: float) (value: float) =
        finite name "the bound" bound
        finite name "the value" value

        if value > bound then
            Assert.Fail($"{name}: {value:R} exceeds {bound:R} by {value - bound:G3}")

    /// value ≥ bound
    let atLeast name bound value = atMost name -bound -value

    /// The time that `work` takes, in units of what `reference` takes, is at most `ratio`: the least of three runs of each by
    /// turns, so that what else the machine does counts little.
    let costsAtMost (ratio: float) (work: unit -> unit) (reference: unit -> unit) =
        let time run =
            let start = Diagnostics.Stopwatch.GetTimestamp()
            run ()
            Diagnostics.Stopwatch.GetElapsedTime(start).TotalSeconds

        let times = Array.init 3 (fun _ -> time work, time reference)
        let least of' = times |> Array.map of' |> Array.min
        atMost "time in units of the reference's" ratio (least fst / least snd)

    /// `property` holds (its own assertions pass) on `count` cases of `generator`; the seed is fixed.
    let holds count (generator: Gen<'case>) (property: 'case -> unit) =
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(count).WithReplay(20260731UL, 20240305UL),
            Prop.forAll (Arb.fromGen generator) property
        )

/// Random arguments of laws.
[<RequireQualifiedAccess>]
module Draw =

    /// Uniform on [low, high], both ends included.
    let uniform low high =
        Gen.choose (0, 1_000_000)
        |> Gen.map (fun i -> low + (high - low) * float i / 1e6)

    /// Uniform in the logarithm on [low, high].
    let logUniform low high =
        uniform (log low) (log high) |> Gen.map exp

/// A committed table of reference values (references/*.py writes it), by column name.
[<RequireQualifiedAccess>]
module Reference =

    let rows name : Map<string, string>[] =
        use stream =
            match Reflection.Assembly.GetExecutingAssembly().GetManifestResourceStream(name: string) with
            | null -> invalidArg (nameof name) $"no reference table '{name}' in the test assembly"
            | stream -> stream

        use reader = new IO.StreamReader(stream)

        let lines =
            reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries)
            |> Array.map _.Trim().Split(',')

        lines[1..] |> Array.map (fun cells -> Array.zip lines[0] cells |> Map.ofArray)

    let number (row: Map<string, string>) column =
        Double.Parse(row[column], Globalization.CultureInfo.InvariantCulture)
