// Order and chaos of a pre-norm tanh network over σ_w and a_M. After `dotnet build -c Release`:
//   dotnet fsi docs/scripts/phase.fsx phase.svg
#I "../../src/Hybrid.Cli/bin/Release/net10.0"
#r "Hybrid.Architectures.dll"
#r "Hybrid.Theory.dll"
#r "Hybrid.Import.dll"
#r "Plotly.NET.dll"
#r "Hybrid.Drawing.dll"
#r "Hybrid.Lab.dll"

open System.IO
open Hybrid.Architectures
open Hybrid.Import
open Hybrid.Import.Records
open Hybrid.Drawing.Figures
open Hybrid.Lab.Checks
open Hybrid.Lab.Phases

let grid =
    PhaseGrid.Compute(
        ArchitectureSource.Load "pre-tanh-critical",
        PhaseAxis.Parse("mlp.inStd=0.5:8:41", "x"),
        PhaseAxis.Parse("mlp.branch=0.1:1.5:41", "y"),
        threads = 2
    )

let figure = PhaseFigure.Render grid
File.WriteAllText(fsi.CommandLineArgs[1], figure.Svg)

/// The same as charts of Plotly.NET, λ_a and λ_g: what `#load` of this script gives, and Chart.show opens.
let charts = figure.Charts()
