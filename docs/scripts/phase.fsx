// Order and chaos of a pre-norm tanh network over σ_w and a_M. After `dotnet build -c Release`:
//   dotnet fsi docs/scripts/phase.fsx phase.svg
#I "../../src/Hybrid.Cli/bin/Release/net10.0"
#r "Hybrid.Theory.dll"
#r "Hybrid.Harness.dll"

open System.IO
open Hybrid.Harness.Architectures
open Hybrid.Harness.Figures
open Hybrid.Harness.Phases

let grid =
    PhaseGrid.Compute(
        ArchitectureSource.Load "pre-tanh-critical",
        PhaseAxis.Parse("mlp.inStd=0.5:8:41", "x"),
        PhaseAxis.Parse("mlp.branch=0.1:1.5:41", "y"),
        threads = 2
    )

File.WriteAllText(fsi.CommandLineArgs[1], PhaseFigure.Render grid)
