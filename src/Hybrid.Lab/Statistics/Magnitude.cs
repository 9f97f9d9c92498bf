namespace Hybrid.Lab.Statistics;

/// <summary>Powers of two that bring numbers to order one, where their squares stay in range; multiplying by one rounds nothing.</summary>
internal static class Magnitude
{
    /// <summary>e with 2^e ≤ <paramref name="largest"/> &lt; 2^(e+1); 0 where that is 0 or not finite.</summary>
    public static int Of(double largest) => largest > 0 && double.IsFinite(largest) ? Math.ILogB(largest) : 0;
}
