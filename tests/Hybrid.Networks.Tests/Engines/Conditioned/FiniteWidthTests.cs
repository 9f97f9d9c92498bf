using Hybrid.Architectures;
using Hybrid.Networks.Engines;
using Hybrid.Networks.Engines.Conditioned;
using Xunit;

namespace Hybrid.Networks.Tests.Engines.Conditioned;

/// <summary>
/// The mean over networks of width d deviates from the limit of infinite width by c/d + e/d² + …: with erf and uniform
/// attention (σ_A = 0: S1 = S2 = 1/n, T1 = T2 = 0) the limit is closed, so narrow networks by the thousand can show it.
/// </summary>
public sealed class FiniteWidthTests
{
    private const int Tokens = 4, Depth = 3;
    private const double InStd = 2, ValueStd = 1.2, Correlation = 0.3;

    // A deviation that is resolved at every width (4 standard errors) gives a slope of its logarithm against log d with a
    // standard error. It is −1 up to 5 of these and the bending by the next order, e/(c d), with c and e as fitted. The
    // best-resolved slope must be sharp enough to exclude −1/2 and −2. Deviations shrink as 1/d and a network's fluctuations as
    // 1/√d, so widths are resolved alike with samples in proportion to them.
    [Theory]
    [InlineData(new[] { 12, 16, 24, 32, 48, 64 }, 5000, 0)]
    [InlineData(new[] { 64, 128, 256, 512, 1024 }, 0, 12)]
    [Trait("guards", "(12.3) (12.5) by closed form")]
    public void Deviations_from_the_theory_fall_as_the_inverse_of_the_width(int[] widths, int samples, int samplesPerWidth)
    {
        double sharpest = Math.Min(Sharpest(Placement.Pre), Sharpest(Placement.Post));
        Assert.True(sharpest < 0.5, $"the sharpest slope is known to ± {sharpest:f2} only");

        double Sharpest(Placement norm) => FiniteWidthTests.Sharpest(norm, widths, width => samples + samplesPerWidth * width);
    }

    private static double Sharpest(Placement norm, int[] widths, Func<int, int> samples)
    {
        double[] theory = Limit(norm);
        (double Mean, double StandardError)[][] measured = [.. widths.Select(width => Measure(norm, width, samples(width)))];
        double sharpest = double.PositiveInfinity;
        for (int k = 0; k < theory.Length; k++)
        {
            double[] deviation = [.. measured.Select(row => row[k].Mean - theory[k])],
                error = [.. measured.Select(row => row[k].StandardError)];
            if (error.Max() < 1e-12 || deviation.Zip(error).Any(pair => Math.Abs(pair.First) < 4 * pair.Second))
                continue;
            (double c, double e) = Fit(widths, deviation, error, width => 1.0 / width, width => 1.0 / width / width).Coefficients;
            double[] logarithm = [.. deviation.Select(value => Math.Log(Math.Abs(value)))],
                relative = [.. error.Zip(deviation).Select(pair => pair.First / Math.Abs(pair.Second))];
            ((double slope, _), double slopeError) = Fit(widths, logarithm, relative, width => Math.Log(width), _ => 1);
            Statistics.Agrees($"{norm}, quantity {k}, slope", -1, slope, slopeError, Math.Abs(e / c) / widths[0]);
            sharpest = Math.Min(sharpest, Statistics.StandardErrors * slopeError + Math.Abs(e / c) / widths[0]);
        }

        return sharpest;
    }

    // Quantities: q and p at the output, g_d and g_o at the input.
    private static double[] Limit(Placement norm)
    {
        (double q, double p) = (1, Correlation);
        (double Q, double P, double Branch, bool Attention)[] states = new (double, double, double, bool)[2 * Depth];
        for (int sublayer = 0; sublayer < 2 * Depth; sublayer++)
        {
            bool attention = sublayer % 2 == 0;
            (double seenQ, double seenP) = norm == Placement.Pre ? (1, p / q) : (q, p);
            (double v, double overlap) = (InStd * InStd * seenQ, InStd * InStd * seenP);
            double uniform = ValueStd * ValueStd * (seenP + (seenQ - seenP) / Tokens);
            double diagonal = attention ? uniform : 2 / Math.PI * Math.Asin(2 * v / (1 + 2 * v));
            double off = attention ? uniform : 2 / Math.PI * Math.Asin(2 * overlap / (1 + 2 * v));
            states[sublayer] = (q, p, q + diagonal, attention);
            (q, p) = norm == Placement.Pre ? (q + diagonal, p + off) : (1, (p + off) / (q + diagonal));
        }

        (double own, double other) = (1, 0);
        foreach ((double stateQ, double stateP, double output, bool attention) in states.Reverse())
        {
            if (norm == Placement.Post)
                (own, other) = (own / output, other / output);
            (double seenQ, double seenP) = norm == Placement.Pre ? (1, stateP / stateQ) : (stateQ, stateP);
            (double v, double overlap) = (InStd * InStd * seenQ, InStd * InStd * seenP);
            double uniform = ValueStd * ValueStd * (own + (Tokens - 1) * other) / Tokens;
            double slope = 4 * v / Math.PI / seenQ;
            double branchOwn = attention ? uniform : slope / Math.Sqrt((1 + 2 * v) * (1 + 2 * v) - 4 * v * v) * own;
            double branchOther = attention ? uniform : slope / Math.Sqrt((1 + 2 * v) * (1 + 2 * v) - 4 * overlap * overlap) * other;
            double norms = norm == Placement.Pre ? stateQ : 1;
            (own, other) = (own + branchOwn / norms, other + branchOther / norms);
        }

        return [q, p, own, other];
    }

    private static (double Mean, double StandardError)[] Measure(Placement norm, int width, int samples)
    {
        Architecture architecture = Networks.Of(
            norm, Activation.Erf, Tokens, Depth, width, logitStd: 0, valueStd: ValueStd, inStd: InStd, correlation: Correlation);
        IReadOnlyList<EnsembleMember> members = Ensemble.Run(() => new ConditionedEngine(architecture), (ulong)width, samples, 2);
        return
        [
            Statistics.MeanOf([.. members.Select(member => member.Layers[Depth].Q)]),
            Statistics.MeanOf([.. members.Select(member => member.Layers[Depth].P)]),
            Statistics.MeanOf([.. members.Select(member => member.Layers[0].GradientDiagonal)]),
            Statistics.MeanOf([.. members.Select(member => member.Layers[0].GradientOffDiagonal)]),
        ];
    }

    // y = a f(d) + b g(d) by weighted least squares: both coefficients, and the standard error of a.
    private static ((double A, double B) Coefficients, double StandardError) Fit(
        int[] widths, double[] y, double[] error, Func<int, double> first, Func<int, double> second)
    {
        double aa = 0, ab = 0, bb = 0, ay = 0, by = 0;
        for (int i = 0; i < y.Length; i++)
        {
            (double a, double b, double value) = (first(widths[i]) / error[i], second(widths[i]) / error[i], y[i] / error[i]);
            (aa, ab, bb, ay, by) = (aa + a * a, ab + a * b, bb + b * b, ay + a * value, by + b * value);
        }

        double determinant = aa * bb - ab * ab;
        return (((bb * ay - ab * by) / determinant, (aa * by - ab * ay) / determinant), Math.Sqrt(bb / determinant));
    }
}
