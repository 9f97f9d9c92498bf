using Hybrid.Harness.Statistics;

namespace Hybrid.Harness.Experiments.ResidualGrowth;

/// <summary>The streams of one network's runs with their growth over the stated layers, before and after training.</summary>
internal sealed class GrownStreams
{
    private readonly ResidualGrowthSize _size;

    public GrownStreams(GrownNetwork network, ResidualGrowthSize size, CellResults results)
    {
        (Network, _size) = (network, size);
        Losses = network.Losses(results);
        BeforeTraining = network.Profiles(results, 0);
        AfterTraining = network.Profiles(results, size.Steps);
        Before = [.. BeforeTraining.Select(profile => StreamGrowth.Of(profile, ResidualGrowthSize.First, size.Last))];
        After = [.. AfterTraining.Select(profile => StreamGrowth.Of(profile, ResidualGrowthSize.First, size.Last))];
    }

    public GrownNetwork Network { get; }

    /// <summary>Test loss of every run, nats per token; +∞ where it diverged. The streams are those of the others.</summary>
    public double[] Losses { get; }

    public StreamProfile[] BeforeTraining { get; }

    public StreamProfile[] AfterTraining { get; }

    public StreamGrowth[] Before { get; }

    public StreamGrowth[] After { get; }

    /// <summary>Growth of √q per block after training, %.</summary>
    public Estimate Percent => Mean(After, growth => growth.Percent);

    /// <summary>By how much the information criterion prefers the exponential to the better of the other forms.</summary>
    public Estimate Margin => Mean(After, growth => growth.Margin);

    /// <summary>Log growth over that of independent addition; pre and peri.</summary>
    public Estimate OverIndependent => Mean(AfterTraining, profile => StreamGrowth.OverIndependent(profile, ResidualGrowthSize.First, _size.Last));

    /// <summary>Cosine of branch and stream.</summary>
    public Estimate Correlation => Mean(AfterTraining, profile => StreamGrowth.MeanCorrelation(profile, ResidualGrowthSize.First, _size.Last));

    /// <summary>Post: growth of √q less that of the gain's root mean square, in %-points per block, network by network.</summary>
    public Estimate BeyondGains => Estimate.Of([.. AfterTraining.Zip(After, (profile, growth) =>
        growth.Percent - StreamGrowth.OfNorms(profile.Gain, ResidualGrowthSize.First, _size.Last).Percent)]);

    /// <summary>Post: the largest ‖x‖ over γ_max √d of any token behind any block of any run.</summary>
    public double Filled => AfterTraining.Max(profile => Enumerable.Range(1, _size.Depth).Max(profile.Filled));

    /// <summary>Mean over runs.</summary>
    public static Estimate Mean<T>(IReadOnlyCollection<T> runs, Func<T, double> number) => Estimate.Of([.. runs.Select(number)]);
}
