using Hybrid.Lab.Statistics;

namespace Hybrid.Experiments.ResidualGrowth;

/// <summary>How one network's stream grows over a range of boundaries, the norm being ‖x‖/√d = √q.</summary>
internal static class StreamGrowth
{
    /// <summary>Of √q at boundaries first..last, at least five of them.</summary>
    public static GrowthComparison Of(StreamProfile profile, int first, int last) =>
        GrowthComparison.OfNorms(layer => Math.Sqrt(profile.Q(layer)), first, last);

    /// <summary>
    /// Growth of log q from the first to the last boundary over what it would be were every branch independent of the
    /// stream and of the other branch of its block: ∏ (1 + q_branches/q). Above 1: independent addition predicts too little.
    /// </summary>
    public static double OverIndependent(StreamProfile profile, int first, int last) =>
        Math.Log(profile.Q(last) / profile.Q(first))
        / Enumerable.Range(first + 1, last - first).Sum(block => Math.Log(1 + profile.Branches(block) / profile.Q(block - 1)));

    /// <summary>Cosine of branch and stream, mean over the blocks between the two boundaries.</summary>
    public static double MeanCorrelation(StreamProfile profile, int first, int last) =>
        Enumerable.Range(first + 1, last - first).Average(profile.Correlation);
}
