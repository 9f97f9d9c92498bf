// Norm, angle and gradients by depth for five placements of the normalisation, theory and 8 random networks of each.
// After `dotnet build -c Release`:
//   dotnet fsi docs/scripts/layers.fsx layers.svg
#I "../../src/Hybrid.Cli/bin/Release/net10.0"
#r "Hybrid.Architectures.dll"
#r "Hybrid.Theory.dll"
#r "Hybrid.Networks.dll"
#r "Hybrid.Import.dll"
#r "Plotly.NET.dll"
#r "Hybrid.Drawing.dll"
#r "Hybrid.Lab.dll"

open System.IO
open Hybrid.Drawing.Figures
open Hybrid.Lab.Checks
open Hybrid.Lab.Statistics
open Hybrid.Networks.Engines
open Hybrid.Networks.Engines.Conditioned
open Hybrid.Architectures
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
    [| for norm in
           [ Placement.None
             Placement.Pre
             Placement.Post
             Placement.Peri
             Placement.Output ] -> curve norm |]

let figure =
    LayerFigure.Render(
        "Five placements of the normalisation",
        "lines: theory; points: 8 networks ± 2 standard errors",
        curves
    )

File.WriteAllText(fsi.CommandLineArgs[1], figure.Svg)

/// The same as charts of Plotly.NET, one a panel: what `#load` of this script gives, and Chart.show opens.
let charts = figure.Charts()
