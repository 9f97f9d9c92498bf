using Hybrid.Architectures;
using Hybrid.Import.Records;
using Hybrid.Lab.Probes;
using Hybrid.Networks.Linear;
using Hybrid.Networks.Model;
using Hybrid.Networks.Training;
using Xunit;

namespace Hybrid.Lab.Tests.Probes;

/// <summary>What a pass of one block over three tokens of two coordinates shows, by hand; the first token stands apart.</summary>
public sealed class ProbeMeterTests
{
    [Fact]
    public void Branches_are_measured_each_by_itself_and_against_the_stream_that_they_are_added_to()
    {
        ProbeMeter meter = Meter();
        Show([9, 9, 3, 4, 4, -3], stream => meter.Stream(0, stream));
        // 10 along 5, and 5 at right angles to 5
        Show([9, 9, 6, 8, 3, 4], added => meter.Added(1, ModuleKind.Attention, added));
        Show([9, 9, 1, 0, 0, 2], stream => meter.Middle(1, stream));
        // √2 at 45 degrees, and 3 against 2
        Show([9, 9, 1, 1, 0, -3], added => meter.Added(1, ModuleKind.Mlp, added));
        Assert.Equal(125 / 4.0, meter.Attention[0].Q, 1e-14);
        Assert.Equal(0.5, meter.Attention[0].Correlation, 1e-15);
        Assert.Equal(11 / 4.0, meter.Mlp[0].Q, 1e-15);
        Assert.Equal((Math.Sqrt(0.5) - 1) / 2, meter.Mlp[0].Correlation, 1e-15);
    }

    // (1, 2) and (5, 2): within them variances of 1/4 and 9/4, from token to token 4 and 0.
    [Fact]
    public void Variances_are_those_of_a_tokens_coordinates_and_of_a_coordinates_tokens()
    {
        ProbeMeter meter = Meter();
        Show([9, 0, 1, 2, 5, 2], stream => meter.Stream(0, stream));
        Assert.Equal((5 / 4.0, 2.0), (meter.Boundaries[0].CoordinateVariance, meter.Boundaries[0].TokenVariance));
    }

    // (Σλ)²/Σλ² of the Gram matrix: two of equal length at right angles are 2, at 45 degrees (1, 0) and (1, 1) have (1 + 2)²/(1 + 4 + 2),
    // one direction is 1, and none 0.
    [Theory]
    [InlineData(3, 4, 4, -3, 2)]
    [InlineData(1, 0, 1, 1, 9 / 7.0)]
    [InlineData(1, 1, -2, -2, 1)]
    [InlineData(0, 0, 0, 0, 0)]
    public void The_effective_rank_is_that_of_the_tokens_that_count(float a, float b, float c, float d, double rank)
    {
        ProbeMeter meter = Meter();
        Show([9, 0, a, b, c, d], stream => meter.Stream(0, stream));
        Assert.Equal(rank, meter.Boundaries[0].EffectiveRank, 1e-14);
        Assert.Equal((a * a + b * b + c * c + d * d) / 4, meter.Boundaries[0].Q, 1e-14);
        Assert.Equal(81 / 2.0, meter.Boundaries[0].FirstQ, 1e-14);
    }

    private static ProbeMeter Meter() => new(
        ArchitectureOverrides.Apply(ArchitectureModule.Defaults, ["depth=1", "tokens=3", "width=2", "mlpWidth=2", "heads=1"]),
        new ProbeInput(new TokenBatch(1, 3), [false, true, true], "", ""));

    private static void Show(float[] values, Action<MatrixView<float>> seen)
    {
        using NativeBuffer<float> buffer = new(values.Length, "values of a test");
        MatrixView<float> matrix = buffer.Matrix(0, 3, 2);
        for (int i = 0; i < 3; i++)
            values.AsSpan(2 * i, 2).CopyTo(matrix.Row(i));
        seen(matrix);
    }
}
