namespace Hybrid.Theory

open System

/// Something was asked that the theory does not answer within its assumptions or its error bounds; the message names
/// the assumption, what was received and what to change.
type TheoryException(message: string) =
    inherit ArgumentException(message)
