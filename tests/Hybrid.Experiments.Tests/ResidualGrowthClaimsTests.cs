using System.Globalization;
using Hybrid.Drawing.Reports;
using Hybrid.Experiments.Catalogue;
using Hybrid.Experiments.Cells;
using Hybrid.Experiments.Designs;
using Hybrid.Experiments.Hypotheses;
using Hybrid.Lab.Statistics;
using Xunit;

namespace Hybrid.Experiments.Tests;

/// <summary>The judgement on streams that are made up: whichever way they come out, verdict and reading say so.</summary>
public class ResidualGrowthClaimsTests
{
    [Fact]
    public void Claims_that_hold_are_supported()
    {
        (Dictionary<string, Outcome> outcomes, string reading) = Judge(
            (placement, layer) => placement switch { "pre" => Math.Pow(1.045, layer), "peri" => 1 + layer, _ => Math.Pow(0.97, layer) },
            gain: layer => Math.Pow(0.97, layer), branch: 0.01, cosine: 0.3);
        Assert.All(["H2", "H3", "H4", "H5", "H7"], id => Assert.Equal(Outcome.Supported, outcomes[id]));
        Assert.Equal(Outcome.Refuted, outcomes["H6"]);
        Assert.Contains("4.50 ± 0 % after, best fitted by exponential 3 of 3", reading, StringComparison.Ordinal);
        Assert.Contains("it predicts too little", reading, StringComparison.Ordinal);
        Assert.Contains("norms shrank", reading, StringComparison.Ordinal);
    }

    [Fact]
    public void Claims_that_fail_are_refuted()
    {
        (Dictionary<string, Outcome> outcomes, string reading) = Judge(
            (placement, layer) => placement switch { "pre" => 1 + 0.2 * layer, "peri" => Math.Pow(1.05, layer), _ => Math.Pow(1.3, layer) },
            gain: _ => 1, branch: 10, cosine: -0.3);
        Assert.All(["H2", "H3", "H4", "H5", "H7"], id => Assert.Equal(Outcome.Refuted, outcomes[id]));
        Assert.Equal(Outcome.Supported, outcomes["H6"]);
        Assert.Contains("best fitted by linear 3 of 3", reading, StringComparison.Ordinal);
        Assert.Contains("it predicts too much", reading, StringComparison.Ordinal);
        Assert.Contains("norms grew", reading, StringComparison.Ordinal);
    }

    [Fact]
    public void Runs_that_diverged_decide_nothing()
    {
        (Dictionary<string, Outcome> outcomes, string reading) = Judge((_, _) => 1, _ => 1, 1, 0, loss: double.PositiveInfinity);
        Assert.All(["H2", "H3", "H4", "H5", "H6", "H7"], id => Assert.Equal(Outcome.Inconclusive, outcomes[id]));
        Assert.Contains("every run diverged", reading, StringComparison.Ordinal);
    }

    private static (Dictionary<string, Outcome> Outcomes, string Reading) Judge(
        Func<string, int, double> norm, Func<int, double> gain, double branch, double cosine, double loss = 1.5)
    {
        ExperimentDesign design = Designs.Of("residual-growth");
        Evaluation evaluation = design.Evaluate(new(design.Cells.ToDictionary(
            cell => cell.Key, cell => Cell(cell.Key.Split(',')[0], cell.Key.Contains("untrained", StringComparison.Ordinal)))));
        return (
            evaluation.Results.ToDictionary(result => result.Hypothesis.Id, result => result.Outcome),
            string.Join("\n", evaluation.Findings.SelectMany(section => section.Content).OfType<ReportParagraph>()
                .Select(paragraph => paragraph.Text)));

        CellValues Cell(string placement, bool untrained)
        {
            Dictionary<string, Estimate> values = [];
            foreach (string suffix in untrained ? [""] : new[] { " @0", " @20", " @40", " @60", " @80" })
            {
                for (int layer = 0; layer <= 8; layer++)
                {
                    Add("q", Math.Pow(norm(placement, layer), 2));
                    Add("attention", branch);
                    Add("mlp", branch);
                    Add("attention cosine", cosine);
                    Add("mlp cosine", cosine);
                    Add("gain", gain(layer));
                    Add("filled", gain(layer) == 1 ? norm(placement, layer) : 0.9);

                    void Add(string name, double value) =>
                        values.Add(string.Create(CultureInfo.InvariantCulture, $"{name} {layer}{suffix}"), new(value,
                            untrained ? 0.01 : double.NaN, untrained ? 8 : 1));
                }
            }

            values.Add("loss", new(loss, double.NaN, 1));
            return new(values);
        }
    }
}
