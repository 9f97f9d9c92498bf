using Hybrid.Architectures;
using Hybrid.Networks.Tangents;
using Hybrid.Networks.Tests.Engines.Conditioned;
using MathNet.Numerics;
using Xunit;

namespace Hybrid.Networks.Tests.Tangents;

public sealed class ExponentTests
{
    private const double Skip = 0.9, AttentionBranch = 0.8, MlpBranch = 1.1, ValueStd = 1.2, InStd = 1.5;

    // ln |f'| along the orbit; the exponent of x → 4x(1−x) is ln 2. Its logarithms have variance π²/12 and negative
    // correlations, so the standard error of independent values is an upper bound.
    [Fact]
    public void The_logistic_map_has_exponent_ln_2()
    {
        const int steps = 100_000;
        using Rows tangent = new(1, 1);
        tangent[0, 0] = 1;
        double x = 0.3, sum = 0;
        double[] logarithm = new double[1];
        for (int step = 0; step < steps; step++)
        {
            tangent[0, 0] *= 4 - 8 * x;
            x = 4 * x * (1 - x);
            TangentFrame.Orthonormalise(tangent.View, logarithm);
            sum += logarithm[0];
        }

        Statistics.Agrees("logistic map", Math.Log(2), sum / steps, Math.PI / Math.Sqrt(12.0 * steps));
    }

    // A linear MLP without skip is a product of Gaussian matrices m×d and d×m. The k-th off-diagonal growth of each is a χ
    // variable of m − k (d − k) degrees of freedom, k from 0: E log χ²_f = ln 2 + ψ(f/2).
    [Fact]
    public void Products_of_Gaussian_matrices_have_their_known_spectrum()
    {
        const int d = 12, m = 9, depth = 4, exponents = 5, samples = 400;
        Architecture linear = ArchitectureModule.Defaults.With(
            name: "product",
            tokens: 1,
            depth: depth,
            width: d,
            heads: 1,
            mlpWidth: m,
            activation: Activation.Linear,
            gated: false,
            norm: Placement.None,
            mask: Mask.None,
            attention: new AttentionParameters(Schedule.NewConstant(1), Schedule.NewConstant(0), 1, 1),
            mlp: new MlpParameters(Schedule.NewConstant(0), Schedule.NewConstant(1), 1.3, 0, 1),
            input: new InputParameters(1, 0));
        using LyapunovSpectrum spectrum = new(linear, exponents);
        double[][] measured = [.. Enumerable.Range(0, depth).Select(_ => new double[exponents])];
        double[][] values = [.. Enumerable.Range(0, exponents).Select(_ => new double[samples])];
        for (int sample = 0; sample < samples; sample++)
        {
            spectrum.Run(4, sample, measured);
            for (int k = 0; k < exponents; k++)
                values[k][sample] = measured.Average(block => block[k]);
        }

        for (int k = 0; k < exponents; k++)
        {
            double expected = 0.5 * (Math.Log(2 * 1.3 * 1.3 / d) + SpecialFunctions.DiGamma((m - k) / 2.0))
                + 0.5 * (Math.Log(2.0 / m) + SpecialFunctions.DiGamma((d - k) / 2.0));
            (double mean, double error) = Statistics.MeanOf(values[k]);
            Statistics.Agrees($"exponent {k}", expected, mean, error);
        }
    }

    public static TheoryData<Placement, Activation> Cases
    {
        get
        {
            TheoryData<Placement, Activation> data = [];
            foreach (Placement norm in Networks.Norms)
            {
                data.Add(norm, Activation.Relu);
                data.Add(norm, Activation.Erf);
            }

            return data;
        }
    }

    // theory.md section 4, layer by layer. What finite width leaves is c/d, estimated by the change from d/2 to d.
    [Theory]
    [MemberData(nameof(Cases))]
    public void Angle_and_gradient_exponents_on_the_line_are_the_theorys(Placement norm, Activation activation)
    {
        const int width = 512, depth = 4, samples = 40;
        (ExponentEstimate[] angle, ExponentEstimate[] gradient) = LineExponents.Measure(Network(norm, activation, width, depth), 7, samples);
        (ExponentEstimate[] halfAngle, ExponentEstimate[] halfGradient) = LineExponents.Measure(Network(norm, activation, width / 2, depth), 8, samples);
        double q = 1;
        for (int block = 0; block < depth; block++)
        {
            (double angleTheory, double gradientTheory, q) = Theory(norm, activation, q);
            Compare($"λ_a of block {block + 1}", angleTheory, angle[block], halfAngle[block]);
            Compare($"λ_g of block {block + 1}", gradientTheory, gradient[block], halfGradient[block]);
        }

        void Compare(string name, double theory, ExponentEstimate whole, ExponentEstimate half) => Statistics.Agrees(
            $"{norm}, {activation}, {name}", theory, whole.Mean, whole.StandardError + half.StandardError, Math.Abs(whole.Mean - half.Mean));
    }

    private static Architecture Network(Placement norm, Activation activation, int width, int depth) => Networks.Of(
        norm, activation, 8, depth, width, valueStd: ValueStd, inStd: InStd, attentionBranch: AttentionBranch, mlpBranch: MlpBranch, skip: Skip);

    // On the line attention passes σ_V² times the norm and the gradient's mean mode; differences see the skip alone.
    private static (double Angle, double Gradient, double Norm) Theory(Placement norm, Activation activation, double q)
    {
        double rr = Skip * Skip, aa = AttentionBranch * AttentionBranch, bb = MlpBranch * MlpBranch, vv = ValueStd * ValueStd;
        bool seesUnit = norm == Placement.Pre || norm == Placement.Peri, unitBranch = norm == Placement.Peri || norm == Placement.Output;
        double seen = seesUnit ? 1 : q, branch = vv * seen;
        double middle = rr * q + aa * (unitBranch ? 1 : branch);
        double difference = rr, mean = rr + aa * vv / (seesUnit ? q : 1) / (unitBranch ? branch : 1);
        if (norm == Placement.Post)
            (difference, mean, middle) = (difference / middle, mean / middle, 1);

        seen = seesUnit ? 1 : middle;
        double v = InStd * InStd * seen;
        double kappa = activation == Activation.Relu ? v / 2 : 2 / Math.PI * Math.Asin(2 * v / (1 + 2 * v));
        double chi = activation == Activation.Relu ? v / 2 : 4 * v / Math.PI / Math.Sqrt(1 + 4 * v);
        double slope = rr + bb * chi / seen / (seesUnit ? middle : 1) / (unitBranch ? kappa : 1);
        double output = rr * middle + bb * (unitBranch ? 1 : kappa);
        if (norm == Placement.Post)
            (slope, output) = (slope / output, 1);
        return (Math.Log(difference * slope * q / output), Math.Log(mean * slope), output);
    }
}
