namespace Hybrid.Networks.Random;

/// <summary>
/// Polynomials of the Box–Muller transform √(−2 ln u) (cos θ, sin θ), interpolated at Chebyshev nodes in 40 digits.
/// With t in [−1, 1], y = t²: sin(π t/2) = t S(y), cos(π t/2) = (1 − y) C(y), so both keep their relative accuracy at
/// their zeros. Relative errors: S 7e-9, C 1e-9, the logarithm 5e-8 in single; S and C 3e-19, the logarithm 7e-18 in
/// double: below the rounding of either format.
/// </summary>
internal static class NormalCoefficients
{
    /// <summary>Bits of the single √½: mantissas are taken from [√½, √2), around 1.</summary>
    public const int SingleRootHalf = 0x3F3504F3;

    /// <summary>Mantissa bits of a single.</summary>
    public const int SingleMantissa = 0x7FFFFF;

    /// <summary>−2 ln 2.</summary>
    public const double LogTwo = -1.3862943611198906;

    /// <summary>−2 ln(1 + f) = f (−2 + f (L0 + L1 f + … + L7 f⁷)), √½ ≤ 1 + f ≤ √2.</summary>
    public const float
        L0 = 0.9999999426545599f, L1 = -0.66667341220314045f, L2 = 0.50002295355267762f, L3 = -0.39944099419968378f,
        L4 = 0.33176977063797352f, L5 = -0.2966957367764002f, L6 = 0.28319294020459183f, L7 = -0.17574530982211968f;

    /// <summary>S(y) = S0 + … + S4 y⁴.</summary>
    public const float
        S0 = 1.5707963200386016f, S1 = -0.6459637595835393f, S2 = 0.079689918329028496f, S3 = -0.0046741438381517776f,
        S4 = 0.00015167170366408959f;

    /// <summary>C(y) = C0 + … + C4 y⁴.</summary>
    public const float
        C0 = 0.99999999912260921f, C1 = -0.23370050625459747f, C2 = 0.019968606206800278f,
        C3 = -0.00089353550146327378f, C4 = 2.3600689581301924e-5f;

    /// <summary>Bits of the double √½.</summary>
    public const ulong DoubleRootHalf = 0x3FE6A09E667F3BCD;

    /// <summary>Mantissa bits of a double.</summary>
    public const ulong DoubleMantissa = 0x000FFFFFFFFFFFFF;

    /// <summary>Bits of 2⁵²; or-ed with an integer below 2⁵² they are that integer plus 2⁵².</summary>
    public const ulong DoubleInteger = 0x4330000000000000;

    /// <summary>ln m = s (2 + s² (K0 + … + K6 s¹²)), s = (m − 1)/(m + 1), √½ ≤ m ≤ √2.</summary>
    public const double
        K0 = 0.66666666666666697, K1 = 0.39999999999899504, K2 = 0.28571428625975485, K3 = 0.2222221113479508,
        K4 = 0.18182889125261722, K5 = 0.15331721600556041, K6 = 0.14616449685043406;

    /// <summary>S(y) = D0 + … + D8 y⁸, double.</summary>
    public const double
        D0 = 1.5707963267948966, D1 = -0.6459640975062462, D2 = 0.07969262624616564, D3 = -0.0046817541353042553,
        D4 = 0.00016044118471309159, D5 = -3.5988430204672575e-6, D6 = 5.6921364280986252e-8,
        D7 = -6.6844168318560843e-10, D8 = 5.8729757447999501e-12;

    /// <summary>C(y) = E0 + … + E8 y⁸, double.</summary>
    public const double
        E0 = 1.0, E1 = -0.23370055013616982, E2 = 0.019968957764878076, E3 = -0.00089452299847364443,
        E4 = 2.4737276358836731e-5, E5 = -4.6476599159529777e-7, E6 = 6.3214409042583574e-9,
        E7 = -6.5105291567976846e-11, E8 = 5.10846968542241e-13;
}
