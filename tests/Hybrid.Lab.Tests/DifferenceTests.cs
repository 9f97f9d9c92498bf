using Hybrid.Architectures;
using Hybrid.Lab.Differences;
using Hybrid.Lab.Engines;
using Hybrid.Lab.Tests.Fakes;
using Hybrid.Networks.Engines.Dense;
using Hybrid.Networks.Model;
using Xunit;

namespace Hybrid.Lab.Tests;

public class DifferenceTests
{
    private static readonly DifferenceEngine Dense = new(
        new EngineEntry("dense", "", (architecture, threads) => new DenseEngine(architecture, threads), DenseEngine.Bytes),
        DifferencePlan.SingleRounding);

    public static TheoryData<string, bool, bool> Architectures
    {
        get
        {
            TheoryData<string, bool, bool> data = [];
            foreach ((string placement, _) in Placement.Named)
            {
                data.Add(placement, false, false);
                data.Add(placement, true, true);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Architectures))]
    public void Dense_networks_agree_with_double_precision_within_what_roundings_may_do(string placement, bool causal, bool gated)
    {
        DifferenceReport report = Run(Of(placement, causal, gated), Dense, DifferencePlan.Double);
        Assert.True(report.Agrees, $"{report.First}");
        Assert.Equal(2 * (report.Plan.Architecture.Depth + 1), report.Layers.Count);

        // What is given is given exactly; no pass over sums of 40 singles is exact by chance, and no tolerance hides the numbers.
        Assert.Equal(0, report.Layers[0].Entries);
        Assert.All(report.Layers.Where(layer => !layer.Backward && layer.Layer > 0), layer => Assert.True(layer.Entries > 1e-12));
        Assert.All(report.Layers, layer => Assert.InRange(layer.Tolerance, 0, 0.01));
    }

    [Fact]
    public void Strong_attention_and_collapsed_tokens_have_a_worse_condition_and_still_agree()
    {
        Architecture mild = Of("post", causal: false, gated: false), strong = mild.With(
            attention: AttentionParameters.Of(mild.Attention.Skip, mild.Attention.Branch, 20, 1));
        DifferenceReport tame = Run(mild, Dense, DifferencePlan.Double), wild = Run(strong, Dense, DifferencePlan.Double);
        Assert.True(wild.Agrees, $"{wild.First}");
        Assert.True(
            wild.Layers[^1].Condition > 3 * tame.Layers[^1].Condition, $"{wild.Layers[^1].Condition} and {tame.Layers[^1].Condition}");
    }

    [Theory]
    [InlineData(1, MatrixRole.Value)]
    [InlineData(2, MatrixRole.MlpIn)]
    [InlineData(3, MatrixRole.AttentionOut)]
    [InlineData(4, MatrixRole.MlpOut)]
    public void One_changed_weight_is_found_at_its_block(int block, MatrixRole role)
    {
        DifferenceReport report = Run(Of("pre", causal: false, gated: false), Dense, ChangedWeightEngine.Entry(block, role, 0.1f));
        Assert.False(report.Agrees);
        Assert.Equal((false, block), (report.First!.Backward, report.First.Layer));

        // The reference says which of the two is wrong.
        Assert.True(report.First.FromReference[0] < report.First.Tolerance);
        Assert.True(report.First.FromReference[1] > report.First.Tolerance);
    }

    [Fact]
    public void One_weight_changed_between_the_passes_is_found_in_the_gradient_below_its_block()
    {
        DifferenceReport report = Run(
            Of("peri", causal: true, gated: false),
            ChangedWeightEngine.Entry(3, MatrixRole.MlpOut, 0.1f, backward: true), DifferencePlan.Double);
        Assert.Equal((true, 2), (report.First!.Backward, report.First.Layer));
    }

    [Fact]
    public void A_change_below_the_roundings_is_none_and_one_that_is_not_a_number_is_the_first_of_all()
    {
        Architecture architecture = Of("pre", causal: false, gated: false);
        Assert.True(Run(architecture, Dense, ChangedWeightEngine.Entry(2, MatrixRole.MlpOut, 1e-9f)).Agrees);
        Assert.Equal(2, Run(architecture, Dense, ChangedWeightEngine.Entry(2, MatrixRole.MlpOut, float.NaN)).First!.Layer);
    }

    // Relative to the larger mean, 4: 4 and 3 differ by a quarter, 1 and −1 off the diagonal by half; the worst entry by three quarters.
    [Theory]
    [InlineData(0.2, DifferenceQuantity.Diagonal)]
    [InlineData(0.25, DifferenceQuantity.OffDiagonal)]
    [InlineData(0.5, DifferenceQuantity.Entries)]
    [InlineData(0.75, null)]
    public void The_first_quantity_beyond_the_tolerance_is_named(double tolerance, DifferenceQuantity? deviates)
    {
        LayerDifference layer = new(false, 2, [3, 4], [1, -1], 0.75, [0, 0], 1, tolerance);
        Assert.Equal((0.25, 0.5), (layer.DiagonalDeviation, layer.OffDiagonalDeviation));
        Assert.Equal([0.25, 0.5, 0.75], Enum.GetValues<DifferenceQuantity>().Select(layer.Deviation));
        Assert.Equal((deviates, deviates is null), (layer.Deviates, layer.Agrees));
        Assert.Equal(DifferenceQuantity.Diagonal, (layer with { Diagonal = [double.NaN, 4] }).Deviates);
        Assert.Equal(0, (layer with { OffDiagonal = [0, 0], Diagonal = [0, 0] }).OffDiagonalDeviation);
    }

    [Theory]
    [InlineData(32, 40, 9, 40)]
    [InlineData(48, 40, 9, 48)]
    [InlineData(32, 40, 50, 50)]
    [InlineData(40, 32, 50, 50)]
    public void Roundings_grow_with_the_root_of_the_longest_sum(int width, int mlpWidth, int tokens, int longest)
    {
        Architecture architecture = Of("pre", causal: false, gated: false).With(width: width, mlpWidth: mlpWidth, tokens: tokens);
        DifferencePlan plan = new(architecture, Dense, DifferencePlan.Double, 1, 1);
        Assert.Equal(longest, plan.LongestSum);
        Assert.Equal((Math.ScaleB(1, -24) + Math.ScaleB(1, -53)) * Math.Sqrt(longest), plan.Rounding, 1e-20);
    }

    // A skip of 1e160 takes squared norms beyond 1e308 in the second block, and squared gradients on the way back to the input.
    [Fact]
    public void Networks_that_leave_double_precision_are_refused_with_the_layer()
    {
        Architecture mild = Of("none", causal: false, gated: false), wild = mild.With(
            attention: AttentionParameters.Of(Schedule.NewConstant(1e160), mild.Attention.Branch, 1, 1));
        Assert.Equal(
            "'none': its networks leave double precision at layer 0, so there is nothing to compare with; "
                + "hybrid predict says what diverges",
            Assert.Throws<Hybrid.Import.Json.InputException>(() => Run(wild, Dense, DifferencePlan.Double)).Message);
    }

    [Fact]
    public void Nothing_depends_on_threads_and_a_seed_is_a_network()
    {
        Architecture architecture = Of("output", causal: true, gated: false);
        double[] Numbers(ulong seed, int threads) =>
        [
            .. Difference.Run(new(architecture, Dense, DifferencePlan.Double, seed, threads), (_, _) => { }, CancellationToken.None).Layers
                .SelectMany(layer => (double[])[layer.Entries, layer.Condition, layer.Diagonal[0]]),
        ];
        Assert.Equal(Numbers(7, 1), Numbers(7, 3));
        Assert.NotEqual(Numbers(7, 1), Numbers(8, 1));
    }

    [Fact]
    public void Stopped_between_passes_it_stops()
    {
        using CancellationTokenSource source = new();
        DifferencePlan plan = new(Of("pre", causal: false, gated: false), Dense, DifferencePlan.Double, 1, 1);
        Assert.Throws<OperationCanceledException>(() => Difference.Run(
            plan,
            (_, done) =>
            {
                if (done == 2)
                    source.Cancel();
            },
            source.Token));
    }

    private static DifferenceReport Run(Architecture architecture, DifferenceEngine first, DifferenceEngine second) =>
        Difference.Run(new(architecture, first, second, 7, 2), (_, _) => { }, CancellationToken.None);

    private static Architecture Of(string placement, bool causal, bool gated) => ArchitectureModule.Defaults.With(
        name: placement,
        tokens: 9,
        depth: 4,
        width: 32,
        heads: 2,
        mlpWidth: 40,
        activation: Activation.Gelu,
        gated: gated,
        norm: Placement.Named.First(named => named.Item1 == placement).Item2,
        mask: causal ? Mask.Causal : Mask.None);
}
