using Hybrid.Drawing.Figures;
using Hybrid.Drawing.Reports;
using Hybrid.Experiments.Cells;
using Hybrid.Lab.Statistics;

namespace Hybrid.Experiments.Sensitivity;

/// <summary>S(c)/S(1) of both modules, and the growth of a small change with its bound over the step.</summary>
internal static class SensitivityFigure
{
    public static ReportFigure Of(IReadOnlyList<RescaledBranch> branches, IReadOnlyList<AmplifiedNetwork> networks, CellResults results)
    {
        string[] placements = [.. branches.Select(branch => branch.Placement).Distinct()];
        int Style(string placement) => Array.IndexOf(placements, placement);
        CurvePanel Rescaling(string module) => new(
            $"{module}: S(c)/S(1)",
            "c, factor of the output weights",
            "",
            [.. branches.Where(branch => branch.Subject.EndsWith(module, StringComparison.Ordinal)).Select(branch => new CurveSeries(
                branch.Placement,
                Style(branch.Placement),
                [.. RescaledBranch.Factors.Select(factor => (factor, branch.Expected(factor)))],
                [.. RescaledBranch.Factors.Select(factor => Point(factor, results[branch.Rescaling][RescaledBranch.Ratio(factor)]))]))]);
        CurvePanel growth = new(
            "growth of a small change of the input",
            "step Δt",
            "",
            [.. networks.GroupBy(network => network.Placement).Select(group => new CurveSeries(
                group.Key,
                Style(group.Key),
                [.. group.OrderBy(network => network.Step).Select(network => (network.Step, network.PredictedPower))],
                [.. group.Select(network => Point(network.Step, network.Pair.AtWidth(results, Measurement.ForwardGrowth.Power)))]))]);
        CurvePanel bound = new(
            "its bound ∏(1 + Δt S)²: line; growth: points",
            "step Δt",
            "",
            [.. networks.GroupBy(network => network.Placement).Select(group => new CurveSeries(
                group.Key,
                Style(group.Key),
                [.. group.OrderBy(network => network.Step).Select(network => (network.Step, network.BoundedPower))],
                [.. group.Select(network => Point(network.Step, network.Pair.AtWidth(results, Measurement.ForwardGrowth.Power)))]))]);
        return new(
            "rescaling.svg",
            "Sensitivity of a branch over the scale of its output weights, and growth of a small input change with its bound over the step",
            CurveFigure.Render(
                "Sensitivity",
                "lines: predicted (last panel: the bound); points: mean over networks at the larger width ± 2 standard errors",
                [Rescaling("attention"), Rescaling("MLP"), growth, bound]));
    }

    private static CurvePoint Point(double x, Estimate estimate) => new(x, estimate.Mean, 2 * estimate.StandardError);
}
