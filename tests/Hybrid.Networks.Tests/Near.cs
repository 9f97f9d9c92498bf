using Xunit;

namespace Hybrid.Networks.Tests;

/// <summary>The one way in which these tests compare numbers: finiteness first, then the worst element against its tolerance.</summary>
internal static class Near
{
    /// <summary>Fails unless every |actual − expected| ≤ absolute + relative·|expected|; the message names the worst element.</summary>
    public static void Equal(
        string name, ReadOnlySpan<double> expected, ReadOnlySpan<double> actual, double absolute, double relative = 0)
    {
        if (expected.Length != actual.Length)
            Assert.Fail($"{name}: expected {expected.Length} values, got {actual.Length}");
        int worst = -1;
        double excess = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            if (!double.IsFinite(actual[i]) && !actual[i].Equals(expected[i]))
                Assert.Fail($"{name}: index {i} is {actual[i]:R}, expected {expected[i]:R}");
            double ratio = Math.Abs(actual[i] - expected[i]) / (absolute + relative * Math.Abs(expected[i]));
            if (ratio > Math.Max(1, excess))
                (worst, excess) = (i, ratio);
        }

        if (worst >= 0)
        {
            double error = Math.Abs(actual[worst] - expected[worst]);
            Assert.Fail(
                $"{name}: worst at index {worst}: expected {expected[worst]:R}, got {actual[worst]:R}, relative error "
                + $"{error / Math.Abs(expected[worst]):g3}, {excess:0.0} times its tolerance");
        }
    }

    /// <summary>One number.</summary>
    public static void Equal(string name, double expected, double actual, double absolute, double relative = 0) =>
        Equal(name, [expected], [actual], absolute, relative);
}
