module Hybrid.Theory.Tests.NormalTests

open System
open Hybrid.Architectures
open Hybrid.Theory
open Xunit

[<Fact>]
let ``The distribution function keeps its relative accuracy in the lower tail`` () =
    // mpmath.ncdf at 30 digits; Math.NET's erfc carries a few units of 1e-16 times the amplification x² of exp(−x²/2)
    Check.relativeRows
        "Φ"
        1e-13
        [ "0", 0.5, Normal.cumulative 0.0
          "1", 0.841344746068542949, Normal.cumulative 1.0
          "-1", 0.158655253931457051, Normal.cumulative -1.0
          "-5", 2.86651571879193912e-7, Normal.cumulative -5.0
          "-20", 2.75362411860623367e-89, Normal.cumulative -20.0 ]

[<Fact>]
let ``The distribution function saturates at both infinities and passes NaN on`` () =
    Assert.Equal(0.0, Normal.cumulative Double.NegativeInfinity)
    Assert.Equal(1.0, Normal.cumulative Double.PositiveInfinity)
    Assert.True(Double.IsNaN(Normal.cumulative Double.NaN))

[<Fact>]
let ``The density integrates to the distribution function`` () =
    let mass = Quadrature.integrate 0.0 1.0 Normal.density
    // 16 Gauss–Legendre nodes are exact to rounding for an entire function on a unit interval
    Check.relative "Φ(1) − Φ(0)" 1e-14 (Normal.cumulative 1.0 - 0.5) mass

[<Fact>]
let ``log1p is exact to rounding for arguments far below one ulp of 1`` () =
    Check.relativeRows
        "log(1 + x)"
        4e-16
        [ for x in [ 1e-300; 1e-20; 1e-16; 1e-8 ] do
              yield string x, x - 0.5 * x * x, Elementary.log1p x
          yield "1", log 2.0, Elementary.log1p 1.0
          yield "-0.5", log 0.5, Elementary.log1p -0.5 ]

    Assert.Equal(0.0, Elementary.log1p 0.0)
    Assert.Equal(Double.NegativeInfinity, Elementary.log1p -1.0)
