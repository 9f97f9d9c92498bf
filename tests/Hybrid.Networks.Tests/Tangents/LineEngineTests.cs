using Hybrid.Architectures;
using Hybrid.Networks.Tangents;
using Hybrid.Networks.Tests.Training;
using Xunit;

namespace Hybrid.Networks.Tests.Tangents;

/// <summary>Networks with real weights and networks without any have exponents at the line of one distribution.</summary>
public class LineEngineTests
{
    private const int Samples = 60;

    public static TheoryData<Placement, Wiring, Activation> Cases
    {
        get
        {
            TheoryData<Placement, Wiring, Activation> data = [];
            foreach ((Placement norm, Wiring wiring) in Models.Blocks)
            {
                data.Add(norm, wiring, Activation.Tanh);
                data.Add(norm, wiring, Activation.Relu);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Dense_and_conditioned_exponents_have_one_mean(Placement norm, Wiring wiring, Activation activation)
    {
        Architecture architecture = Networks.Of(
            norm, activation, 8, depth: 3, width: 48, heads: 3, mlpWidth: 60, gated: norm == Placement.Pre, logitStd: 2, valueStd: 0.8,
            inStd: 1.3, biasStd: 0.3, attentionBranch: 0.7, mlpBranch: 0.9, skip: 0.8, norm0: 1.7, wiring: wiring);
        using LineExponents conditioned = new(architecture);
        using DenseLineEngine dense = new(architecture);
        LineSample[] expected = Measure(conditioned), actual = Measure(dense);
        for (int block = 0; block < architecture.Depth; block++)
        {
            Agrees($"λ_a of block {block + 1}", sample => sample.Angle[block]);
            Agrees($"λ_g of block {block + 1}", sample => sample.Gradient[block]);
        }

        LineSample[] Measure(ILineEngine engine)
        {
            LineSample[] samples = [.. Enumerable.Range(0, Samples).Select(_ => new LineSample(architecture.Depth))];
            engine.Run(11, 5, samples);
            return samples;
        }

        void Agrees(string name, Func<LineSample, double> number)
        {
            (double mean, double error) = Statistics.MeanOf([.. expected.Select(number)]);
            (double other, double otherError) = Statistics.MeanOf([.. actual.Select(number)]);
            Statistics.Agrees($"{norm}, {wiring}, {activation}, {name}", mean, other, double.Hypot(error, otherError));
        }
    }

    [Fact]
    public void A_network_of_an_ensemble_is_the_same_however_the_ensemble_is_cut_and_on_any_threads()
    {
        Architecture architecture = Networks.Of(Placement.Post, Activation.Gelu, 8, depth: 2, width: 32, mlpWidth: 40);
        using DenseLineEngine one = new(architecture), two = new(architecture, threads: 2);
        LineSample[] whole = [new(2), new(2)];
        LineSample last = new(2);
        one.Run(3, 4, whole);
        two.Run(3, 5, [last]);
        Assert.Equal(whole[1].Angle, last.Angle);
        Assert.Equal(whole[1].Gradient, last.Gradient);
        Assert.NotEqual(whole[0].Angle, last.Angle);
    }

    [Fact]
    public void What_cannot_be_followed_is_refused()
    {
        Architecture architecture = Networks.Of(Placement.Pre, Activation.Tanh, 8, depth: 1, width: 4, mlpWidth: 4);
        Assert.Throws<ArgumentOutOfRangeException>(() => new DenseLineEngine(architecture, differences: 4));
        Assert.Throws<ArgumentOutOfRangeException>(() => new DenseLineEngine(architecture, differences: 0));
    }

    [Fact]
    public void Masks_and_numbers_of_tokens_play_no_part()
    {
        Architecture architecture = Networks.Of(Placement.Pre, Activation.Tanh, 8, depth: 2, width: 16, mlpWidth: 20);
        using DenseLineEngine plain = new(architecture), masked = new(architecture.With(mask: Mask.Causal, tokens: 5));
        LineSample expected = new(2), actual = new(2);
        plain.Run(1, 0, [expected]);
        masked.Run(1, 0, [actual]);
        Assert.Equal(expected.Angle, actual.Angle);
        Assert.Equal(expected.Gradient, actual.Gradient);
    }
}
