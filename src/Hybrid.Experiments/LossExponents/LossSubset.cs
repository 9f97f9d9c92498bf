using System.Globalization;
using Hybrid.Lab.Statistics;

namespace Hybrid.Experiments.LossExponents;

/// <summary>The claim within the places of one branch weight or of one depth.</summary>
/// <param name="Name">Which.</param>
/// <param name="Losses">Over its places, nats per token.</param>
/// <param name="Order">Of distance from the joint zero and loss.</param>
/// <param name="Residual">Measured minus foretold by the two exponents, over its places: what the subset itself does to the loss.</param>
internal sealed record LossSubset(string Name, Estimate Losses, RankCorrelation Order, Estimate Residual)
{
    public static IReadOnlyList<LossSubset> All(PlacementFindings findings) =>
    [
        .. By(findings, place => string.Create(CultureInfo.InvariantCulture, $"a = {place.Branch}")),
        .. By(findings, place => string.Create(CultureInfo.InvariantCulture, $"L = {place.Depth}")),
    ];

    private static IEnumerable<LossSubset> By(PlacementFindings findings, Func<ExponentPlace, string> name) =>
        Enumerable.Range(0, findings.Grid.Places.Count).GroupBy(place => name(findings.Grid.Places[place])).Select(subset => new LossSubset(
            subset.Key,
            Estimate.Of([.. subset.Select(place => findings.Losses.Places[place])]),
            RankCorrelation.Of(
                [.. subset.Select(place => findings.Grid.Places[place].Distance)],
                [.. subset.Select(place => findings.Losses.Places[place])]),
            Estimate.Of([.. subset.Select(findings.Residual)])));
}
