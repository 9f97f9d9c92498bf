namespace Hybrid.Architectures

/// Where the normalisation N stands in a sublayer x' = r x + a f(x): three answers, each yes or no. `Placement.named` has the
/// combinations that have a name.
type Placement =
    {
        /// the module sees N x
        Before: bool
        /// N f is added to the stream
        OnBranch: bool
        /// x' = N(…)
        OnSum: bool
    }

    /// x' = r x + a f(x)
    static member None =
        { Before = false
          OnBranch = false
          OnSum = false }

    /// x' = r x + a f(N x)
    static member Pre =
        { Before = true
          OnBranch = false
          OnSum = false }

    /// x' = N(r x + a f(x))
    static member Post =
        { Before = false
          OnBranch = false
          OnSum = true }

    /// x' = r x + a N(f(N x))
    static member Peri =
        { Before = true
          OnBranch = true
          OnSum = false }

    /// x' = r x + a N(f(x)) (Swin v2, OLMo 2)
    static member Output =
        { Before = false
          OnBranch = true
          OnSum = false }

    /// x' = N(r x + a f(N x))
    static member PrePost =
        { Before = true
          OnBranch = false
          OnSum = true }

    /// == of C#, which otherwise compares references.
    static member op_Equality(left: Placement, right: Placement) = left.Equals right

    /// != of C#.
    static member op_Inequality(left: Placement, right: Placement) = not (left.Equals right)

    /// Whether the stream's own scale means nothing to what the sublayers add: it is normalised wherever it enters a module, or
    /// what a module makes of it is. Where the sum is normalised its scale is fixed instead.
    member this.IsBlindToScale = (this.Before || this.OnBranch) && not this.OnSum

    /// The name where there is one, else the three answers.
    override this.ToString() =
        match Placement.Named |> Array.tryFind (fun struct (_, placement) -> placement = this) with
        | Some(struct (name, _)) -> name
        | Option.None ->
            [ if this.Before then
                  "before"
              if this.OnBranch then
                  "branch"
              if this.OnSum then
                  "sum" ]
            |> String.concat "+"

    /// Every placement with a name, as records spell it: the one list of them.
    static member Named: struct (string * Placement)[] =
        [| struct ("none", Placement.None)
           struct ("pre", Placement.Pre)
           struct ("post", Placement.Post)
           struct ("peri", Placement.Peri)
           struct ("output", Placement.Output)
           struct ("prePost", Placement.PrePost) |]

    /// All eight combinations of the three answers.
    static member All: Placement[] =
        [| for before in [ false; true ] do
               for onBranch in [ false; true ] do
                   for onSum in [ false; true ] do
                       { Before = before
                         OnBranch = onBranch
                         OnSum = onSum } |]

/// How the sublayers of a block follow each other.
[<RequireQualifiedAccess>]
type Wiring =
    /// one after the other, each on the stream that the one before it left
    | Sequential
    /// side by side on the same stream, x' = r x + Σ a f(x) (GPT-J, GPT-NeoX)
    | Parallel

/// The wirings by name.
[<RequireQualifiedAccess>]
module Wiring =

    /// Every wiring with its name in records: the one list of them.
    [<CompiledName("Named")>]
    let named =
        [| struct ("sequential", Wiring.Sequential)
           struct ("parallel", Wiring.Parallel) |]
