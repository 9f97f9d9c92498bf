using System.Globalization;
using Hybrid.Drawing.Reports;
using Hybrid.Experiments.Cells;
using Hybrid.Experiments.Designs;
using Hybrid.Experiments.Hypotheses;
using Hybrid.Lab.Statistics;

namespace Hybrid.Experiments.Sensitivity;

/// <summary>The hypotheses of the experiment and their judgement.</summary>
internal sealed class SensitivityClaims
{
    // Single precision through one block forwards and backwards.
    private const double Rounding = 1e-4;

    private static readonly Spread Exact = new(0, double.PositiveInfinity);

    private readonly IReadOnlyList<RescaledBranch> _branches;
    private readonly IReadOnlyList<AmplifiedNetwork> _networks;
    private readonly PlannedClaim _rescaling, _sizes, _growth, _bound;

    public SensitivityClaims(IReadOnlyList<RescaledBranch> branches, IReadOnlyList<AmplifiedNetwork> networks)
    {
        (_branches, _networks) = (branches, networks);
        const string Within = "the mean extrapolated to infinite width from two widths equals the "
            + "registered number within k standard errors plus the estimated O(1/d²) term; "
            + "wider than half of it is inconclusive.";
        Hypothesis rescaling = new(
            "H1",
            "Multiplying a module's output weights by c multiplies its branch's sensitivity "
                + "by c under pre and without normalisation, and leaves it unchanged under peri and "
                + "output, in every single network and for any c.",
            "|S(c)/S(1)/expected − 1| averaged over networks, the same at every c, is below the rounding "
            + $"of {Rounding.ToString("0e+0", CultureInfo.InvariantCulture)} with its whole interval.",
            [.. branches.SelectMany(branch => RescaledBranch.Factors.Select(factor =>
                new RegisteredNumber(
                    branch.Subject, string.Create(CultureInfo.InvariantCulture, $"S({factor})/S(1)"), branch.Expected(factor))))]);
        Hypothesis sizes = new("H2", "The sensitivity of a branch at c = 1 has the predicted size.", Within, [.. branches.Select(Size)]);
        Hypothesis growth = new(
            "H3",
            "A random small change of the input grows through the network as predicted, E‖δx_L‖²/‖δx_0‖², for every step Δt.",
            Within,
            [.. networks.Select(Growth)]);
        Hypothesis bound = new(
            "H4",
            "The growth stays below ∏(1 + Δt S_ℓ)², the square of the amplification bound with root-mean-square sensitivities.",
            "the mean growth at the larger width is below the registered bound with its whole interval.",
            [.. networks.Select(Bound)]);
        _rescaling = new(rescaling, [.. branches.SelectMany(branch => RescaledBranch.Factors.Select(factor => Deviation(branch, factor)))]);
        _sizes = new(sizes, [.. branches.Select(branch => new PlannedTest(Size(branch), (results, level) => TestedNumber.Equal(
            Size(branch),
            Exact,
            branch.Pair.Extrapolate(results, RescaledBranch.Power, branch.PredictedPower),
            branch.PredictedPower,
            level)))]);
        _growth = new(growth, [.. networks.Select(network => new PlannedTest(Growth(network), (results, level) => TestedNumber.Equal(
            Growth(network),
            Exact,
            network.Pair.Extrapolate(results, Measurement.ForwardGrowth.Power, network.PredictedPower),
            network.PredictedPower,
            level)))]);
        _bound = new(bound, [.. networks.Select(network => new PlannedTest(Bound(network), (results, level) =>
            TestedNumber.Below(Bound(network), network.Pair.AtWidth(results, Measurement.ForwardGrowth.Power), level)))]);
    }

    public IReadOnlyList<PlannedClaim> Planned => [_rescaling, _sizes, _growth, _bound];

    public Evaluation Evaluate(CellResults results, double level)
    {
        HypothesisResult rescaling = _rescaling.Judge(results, level), sizes = _sizes.Judge(results, level);
        HypothesisResult growth = _growth.Judge(results, level), bound = _bound.Judge(results, level);
        return new(
            [rescaling, sizes, growth, bound],
            [
                new("Rescaling and amplification", [SensitivityFigure.Of(_branches, _networks, results)]),
                new("Reading", [new ReportParagraph(Reading(rescaling, sizes, growth, bound))]),
            ]);
    }

    private static PlannedTest Deviation(RescaledBranch branch, double factor)
    {
        RegisteredNumber limit = new(
            branch.Subject, string.Create(CultureInfo.InvariantCulture, $"deviation of S({factor})/S(1)"), Rounding);
        return new(limit, (results, level) =>
            TestedNumber.Below(limit, results[branch.Rescaling][RescaledBranch.Deviation(factor)], level));
    }

    private static RegisteredNumber Size(RescaledBranch branch) => new(branch.Subject, "S²", branch.PredictedPower);

    private static RegisteredNumber Growth(AmplifiedNetwork network) => new(network.Subject, "growth", network.PredictedPower);

    private static RegisteredNumber Bound(AmplifiedNetwork network) => new(network.Subject, "bound of the growth", network.BoundedPower);

    private static string Reading(HypothesisResult rescaling, HypothesisResult sizes, HypothesisResult growth, HypothesisResult bound)
    {
        Percentiles errors = Percentiles.Of(sizes.Tests.Concat(growth.Tests).Select(test => Math.Abs(test.Measured / test.Predicted - 1)));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"Proportionality and invariance held in single networks to "
            + $"{rescaling.Tests.Max(test => test.Measured):0.0e+0}, the rounding of single precision. ")
            + string.Create(
                CultureInfo.InvariantCulture,
                $"Sizes and growths differ from their prediction by a median of {100 * errors.P50:0.##} % (nine of ten "
                    + $"below {100 * errors.P90:0.##} %); {sizes.Count(Outcome.Refuted) + growth.Count(Outcome.Refuted)} of "
                    + $"{sizes.Tests.Count + growth.Tests.Count} lie outside their interval. ")
            + string.Create(
                CultureInfo.InvariantCulture,
                $"The growth reached between {100 * bound.Tests.Min(test => test.Measured / test.Predicted):0.####} "
                    + $"% and {100 * bound.Tests.Max(test => test.Measured / test.Predicted):0.##} % of its bound: "
                    + $"the bound is safe, and loose where Δt is large. ")
            + "The bound uses root-mean-square sensitivities at initialisation; "
            + "for a worst direction, and for trained weights, operator norms take their place.";
    }
}
