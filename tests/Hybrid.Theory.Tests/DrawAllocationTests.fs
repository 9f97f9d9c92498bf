/// What a draw of the Gram process takes of managed memory for each of its heads, counted by the runtime.
module Hybrid.Theory.Tests.DrawAllocationTests

open System
open Hybrid.Architectures
open Hybrid.Theory
open Xunit

let private tokens, depth = 64, 2

/// Bytes that one draw allocates on this thread: the least of several, since the runtime itself allocates where it replaces a method by its
/// optimised form.
let private bytes positions heads =
    let architecture =
        { Networks.plain Placement.Peri Activation.Relu with
            Tokens = tokens
            Depth = depth
            Heads = heads
            Width = 32 * heads
            Attention =
                { Architecture.defaults.Attention with
                    Head =
                        { Architecture.defaults.Attention.Head with
                            Positions = positions } } }

    let laws = Laws.exact architecture

    let draw () =
        GramProcess.drawSteps
            architecture
            laws
            (GramProcess.ownMask architecture)
            (GramProcess.symmetricInput architecture)
            (GramProcess.independentOutput tokens)
            (GramProcess.normals 1 0 heads)
        |> ignore

    Seq.init 5 (fun _ ->
        let before = GC.GetAllocatedBytesForCurrentThread()
        draw ()
        GC.GetAllocatedBytesForCurrentThread() - before)
    |> Seq.min

let private ofAHead positions =
    float (bytes positions 24 - bytes positions 8) / float (16 * depth)

let private matrix = float (sizeof<float> * tokens * tokens)

/// Of functions that a head closes over, and of what surrounds an array, which do not grow with the tokens: an eighth of a matrix of these.
let private small = matrix / 8.0

[<Fact>]
let ``Heads that are drawn by their coordinates take no matrix`` () =
    Check.atMost "bytes of a head" small (ofAHead (Positions.Rope(1e4, 1.0)))

[<Fact>]
let ``A head of the process without positions takes the rows that the way back needs`` () =
    Check.absolute "bytes of a head" small matrix (ofAHead Positions.None)
