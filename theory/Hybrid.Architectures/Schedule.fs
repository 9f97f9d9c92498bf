namespace Hybrid.Architectures

/// A hyperparameter that is one number for every layer, or one number per layer (layer 1 first).
[<RequireQualifiedAccess>]
type Schedule =
    | Constant of float
    | PerLayer of float[]

    /// A plain number where a schedule is meant: the same in every layer. In F# for arguments of methods, as of `With`; in records by
    /// its name.
    static member op_Implicit(value: float) : Schedule = Constant value

    /// The value in block `layer`, 1 ≤ layer ≤ depth.
    member this.At(layer: int) =
        match this with
        | Constant value -> value
        | PerLayer values -> values[layer - 1]

    /// Every value times `factor`.
    member this.Scale(factor: float) =
        match this with
        | Constant value -> Constant(factor * value)
        | PerLayer values -> PerLayer(values |> Array.map (fun value -> factor * value))

    /// Every value that the schedule holds.
    member this.Values =
        match this with
        | Constant value -> [| value |]
        | PerLayer values -> values

    /// Whether every layer has the same value; a schedule of no layers has none.
    member this.IsUniform =
        match this with
        | Constant _ -> true
        | PerLayer values -> values.Length > 0 && values |> Array.forall (fun value -> value = values[0])

    /// Whether it has a value for each of `depth` layers.
    member this.HasLength(depth: int) =
        match this with
        | Constant _ -> true
        | PerLayer values -> values.Length = depth
