using Hybrid.Experiments.Cells;
using Hybrid.Lab.Statistics;

namespace Hybrid.Experiments.ResidualGrowth;

/// <summary>The streams of one network's runs, of those that did not diverge, and their growth over the stated layers.</summary>
internal sealed class GrownStreams
{
    private readonly ResidualGrowthSize _size;
    private readonly CellResults _results;

    public GrownStreams(GrownNetwork network, ResidualGrowthSize size, CellResults results)
    {
        (Network, _size, _results) = (network, size, results);
        Losses = network.Losses(results);
        Before = network.Profiles(results, 0);
        After = network.Profiles(results, size.Steps);
        Growths = [.. After.Select(Growth)];
    }

    public GrownNetwork Network { get; }

    /// <summary>Test loss of every run, nats per token; +∞ where it diverged.</summary>
    public double[] Losses { get; }

    /// <summary>The streams before training.</summary>
    public StreamProfile[] Before { get; }

    /// <summary>The streams after training.</summary>
    public StreamProfile[] After { get; }

    /// <summary>Their growth.</summary>
    public GrowthComparison[] Growths { get; }

    /// <summary>Growth of √q per block after training, %.</summary>
    public Estimate Percent => Mean(Growths, growth => growth.Percent);

    /// <summary>By how much the information criterion prefers the exponential to the better of the other forms.</summary>
    public Estimate Margin => Mean(Growths, growth => growth.Margin);

    /// <summary>Log growth over that of independent addition; pre and peri.</summary>
    public Estimate OverIndependent => Mean(After, profile => StreamGrowth.OverIndependent(profile, ResidualGrowthSize.First, _size.Last));

    /// <summary>Cosine of branch and stream.</summary>
    public Estimate Correlation => Mean(After, profile => StreamGrowth.MeanCorrelation(profile, ResidualGrowthSize.First, _size.Last));

    /// <summary>Post: growth of √q less that of the gain's root mean square, in %-points per block, network by network.</summary>
    public Estimate BeyondGains => Mean(After, profile =>
        Growth(profile).Percent - GrowthComparison.OfNorms(profile.Gain, ResidualGrowthSize.First, _size.Last).Percent);

    /// <summary>Post: the largest ‖x‖ over γ_max √d of any token behind any block of any run; NaN without runs.</summary>
    public double Filled => After.Select(profile => Enumerable.Range(1, _size.Depth).Max(profile.Filled)).DefaultIfEmpty(double.NaN).Max();

    /// <summary>Growth of √q per block after so many steps, %.</summary>
    public Estimate PercentAt(int step) => Mean(Network.Profiles(_results, step), profile => Growth(profile).Percent);

    /// <summary>Mean over runs.</summary>
    public static Estimate Mean<T>(IReadOnlyCollection<T> runs, Func<T, double> number) => Estimate.Of([.. runs.Select(number)]);

    private GrowthComparison Growth(StreamProfile profile) => StreamGrowth.Of(profile, ResidualGrowthSize.First, _size.Last);
}
