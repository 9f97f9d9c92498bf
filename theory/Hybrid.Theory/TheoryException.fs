namespace Hybrid.Theory

open System

/// Something was asked that the theory does not answer within its assumptions or its error bounds; the message names
/// the assumption, what was received and what to change.
type TheoryException(message: string) =
    inherit ArgumentException(message)

/// A quantity that leaves the range of double precision in block `layer`: the network diverges there.
[<Sealed>]
type DivergenceException(layer: int, message: string) =
    inherit TheoryException(message)
    /// 1..depth
    member _.Layer = layer
