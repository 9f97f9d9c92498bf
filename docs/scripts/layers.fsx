// Norm, angle and gradients by depth for five placements of the normalisation, theory and 8 random networks of each.
// After `dotnet build -c Release`:
//   dotnet fsi docs/scripts/layers.fsx layers.svg
#I "../../src/Hybrid.Cli/bin/Release/net10.0"
#r "Hybrid.Theory.dll"
#r "Hybrid.Networks.dll"
#r "Hybrid.Harness.dll"

open System.IO
open Hybrid.Harness.Figures
open Hybrid.Harness.Statistics
open Hybrid.Networks
open Hybrid.Networks.Conditioned
open Hybrid.Theory

let network norm =
    { Architecture.defaults with
        Name = string(norm).ToLowerInvariant()
        Norm = norm
        Depth = 8
        Tokens = 16
        Width = 512
        MlpWidth = 512
        Heads = 8
        Activation = Activation.Gelu }

let curve norm =
    let architecture = network norm
    let engine () : INetworkEngine = new ConditionedEngine(architecture)
    let networks = Ensemble.Run(engine, seed = 1UL, samples = 8, threads = 2)

    let measured =
        Measurement.Of(architecture, "conditioned", 1UL, [| for one in networks -> one.Layers |])

    LayerCurve(architecture.Name, (Predict.architecture architecture).Layers, measured.Layers)

let curves =
    [| for norm in [ Norm.None; Norm.Pre; Norm.Post; Norm.Peri; Norm.Output ] -> curve norm |]

File.WriteAllText(
    fsi.CommandLineArgs[1],
    LayerFigure.Render(
        "Five placements of the normalisation",
        "lines: theory; points: 8 networks ± 2 standard errors",
        curves
    )
)
