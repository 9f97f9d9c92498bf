// λ_a and λ_g per block over σ_w for a post-norm tanh network: where order ends and chaos begins. No file is written.
// After `dotnet build -c Release`:
//   dotnet fsi docs/scripts/edge.fsx
#I "../../src/Hybrid.Cli/bin/Release/net10.0"
#r "Hybrid.Architectures.dll"
#r "Hybrid.Theory.dll"

open Hybrid.Architectures
open Hybrid.Theory

let network inStd =
    { Architecture.defaults with
        Norm = Placement.Post
        Mlp =
            { Architecture.defaults.Mlp with
                InStd = inStd } }

printfn "  σ_w      λ_a      λ_g  phase"

for inStd in 0.5..0.5..7.0 do
    let prediction = Predict.architecture (network inStd)
    printfn $"{inStd, 5:F1} {prediction.AngleExponent, 8:F4} {prediction.GradientExponent, 8:F4}  {prediction.Phase}"
