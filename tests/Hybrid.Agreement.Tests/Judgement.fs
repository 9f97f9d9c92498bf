/// Theory against networks, number by number: |m∞ − prediction| ≤ k·SE + curvature + floor. m∞ extrapolates the means at two widths
/// with a bias c/d, SE is its standard error and the prediction's own in quadrature where that averages draws, k the critical value
/// of Student's t at the family-wise rate over all comparisons of the tree, curvature the estimated term of order 1/d², the floor
/// what single precision alone may do. Nothing is fitted to the prediction.
module Hybrid.Agreement.Tests.Judgement

open System
open System.Threading
open Hybrid.Architectures
open Hybrid.Lab.Checks
open Hybrid.Lab.Comparisons
open Hybrid.Lab.Engines
open Hybrid.Lab.Statistics
open Hybrid.Theory

/// Probability that a correct theory fails anywhere in the tree.
[<Literal>]
let FamilyWiseRate = 0.01

/// Networks at an architecture's own width, and how many times as many where those tell too little.
[<Literal>]
let Samples = 32

[<Literal>]
let private MoreSamples = 8

/// Of the networks; HYBRID_SEED gives another, on which the tree disagrees with the same probability.
let private seed =
    match UInt64.TryParse(Environment.GetEnvironmentVariable "HYBRID_SEED") with
    | true, given -> given
    | _ -> 31UL

/// Draws of the Gram process for one network, at least, where the theory averages them: their error is then well below the networks',
/// whose extrapolation is worth half of them. A prediction that a user asks for may take fewer, and says with what error.
[<Literal>]
let private Draws = 4

/// The same of heads that are drawn by their coordinates, whose draws are dearer than networks.
[<Literal>]
let private HeadDraws = 1

/// Coordinates of the theory's heads where they are drawn and the width gives heads theirs: networks are extrapolated in 1/d, and so
/// in 1/d_k, to none. What is left of order 1/d_k is below 2e-3.
[<Literal>]
let private HeadWidth = 512

/// Layers of the theory, and the degrees of freedom of their standard errors.
type Theory =
    { Layers: LayerState[]; Freedom: float }

/// What the theory says beside so many networks, by the route that it chooses itself.
let predict samples (architecture: Architecture) : Theory =
    let coordinates = not (Array.isEmpty (Features.ofArchitecture architecture))

    let architecture =
        if coordinates then
            { architecture with
                Attention =
                    { architecture.Attention with
                        Head =
                            { architecture.Attention.Head with
                                Width = architecture.Attention.Head.Width |> Option.orElse (Some HeadWidth) } } }
        else
            architecture

    let least = samples * (if coordinates then HeadDraws else Draws)
    let laws = Laws.exact architecture
    let own = TrajectoryRoute.predict architecture laws

    match own.Route with
    | Route.Draws(draws, _) ->
        let resolved =
            if draws >= least then
                own
            else
                TrajectoryDraws.sampled architecture laws least TrajectoryDraws.Seed

        { Layers = resolved.Layers
          Freedom = float (max draws least - 1) }
    | Route.Closed
    | Route.ClosedWithoutHeads ->
        { Layers = own.Layers
          Freedom = infinity }

/// Independent ensembles of one setting at two widths.
type Networks =
    { Own: Measurement
      Second: Measurement }

/// Draws and measures so many of each, at the second width `SecondWidth.Networks`; the numbers depend on the setting alone.
let measure samples (engine: EngineEntry) (architecture: Architecture) : Networks =
    let run = EnsembleRun(engine, Environment.ProcessorCount, seed)

    let ensemble at first samples =
        run.Measure(at, first, samples, ignore, CancellationToken.None)

    { Own = ensemble architecture 0 samples
      Second = ensemble (SecondWidth.Of architecture) samples (SecondWidth.Networks(architecture, samples)) }

/// One number of one layer; deviation and tolerance are relative to the quantity's scale.
type Comparison =
    {
        Quantity: string
        Layer: int
        Predicted: float
        /// m∞
        Measured: float
        Deviation: float
        Tolerance: float
    }

    /// NaN contradicts.
    member this.Contradicts = not (abs this.Deviation <= this.Tolerance)

    override this.ToString() =
        $"{this.Quantity} of layer {this.Layer}: theory {this.Predicted:G6}, networks {this.Measured:G6}, "
        + $"{100.0 * this.Deviation:F2} %% apart where {100.0 * this.Tolerance:F2} %% are allowed"

/// How many numbers `compare` compares.
let count (architecture: Architecture) = 4 * (architecture.Depth + 1)

/// Compares q, u = 1 − ρ, g_d and g_o of every layer; `comparisons` is how many there are in the whole family. Needs two tokens.
let compare comparisons (architecture: Architecture) (theory: Theory) (networks: Networks) : Comparison[] =
    let options = ComparisonOptions.ForFamily(FamilyWiseRate, comparisons)
    let width = networks.Own.Architecture.Width
    let otherWidth = networks.Second.Architecture.Width

    let one layer quantity predicted error (own: Estimate) (other: Estimate) scale floor =
        let extrapolation = Extrapolation.Of(own, width, other, otherWidth, scale)
        let spread = extrapolation.Spread + Spread(error, theory.Freedom)

        let tolerance =
            spread.CriticalValue options.FalsePositiveRate * spread.StandardError
            + extrapolation.Curvature
            + options.NumericalFloor * scale
            + floor

        { Quantity = quantity
          Layer = layer
          Predicted = predicted
          Measured = extrapolation.Value
          Deviation = (extrapolation.Value - predicted) / scale
          Tolerance = tolerance / scale }

    theory.Layers
    |> Array.mapi (fun layer state ->
        let own, other = networks.Own.Layers[layer], networks.Second.Layers[layer]
        let error = state.Uncertainty
        let gradient = state.Gradient
        let one = one layer

        // g_o may vanish, and matters as (n − 1) g_o beside g_d
        let overlap =
            max (abs gradient.OffDiagonal) (gradient.Diagonal / float (architecture.Tokens - 1))

        [| one "q" state.State.Q error.Q own.Q other.Q state.State.Q 0.0
           one "u" state.State.U error.U own.U other.U state.State.U options.CorrelationFloor
           one
               "g_d"
               gradient.Diagonal
               error.GradientDiagonal
               own.GradientDiagonal
               other.GradientDiagonal
               gradient.Diagonal
               0.0
           one
               "g_o"
               gradient.OffDiagonal
               error.GradientOffDiagonal
               own.GradientOffDiagonal
               other.GradientOffDiagonal
               overlap
               0.0 |])
    |> Array.concat

/// The tolerance within which half of the numbers are: what size of error would be seen.
let medianTolerance (comparisons: Comparison[]) =
    let sorted = comparisons |> Array.map _.Tolerance |> Array.sort
    sorted[sorted.Length / 2]

/// Half of the numbers must be known better than this, or an agreement says nothing.
let largestTolerance = ComparisonOptions(FamilyWiseRate).LargestTolerance

/// The comparisons of one setting, with more networks where the first ones leave half of the numbers unknown: how well they are known
/// does not depend on whether they agree.
let judge comparisons (engine: EngineEntry) (architecture: Architecture) =
    let compared samples =
        compare comparisons architecture (predict samples architecture) (measure samples engine architecture)

    let first = compared Samples

    if medianTolerance first <= largestTolerance then
        first
    else
        compared (MoreSamples * Samples)
