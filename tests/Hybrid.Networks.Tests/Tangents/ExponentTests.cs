using Hybrid.Architectures;
using Hybrid.Networks.Tangents;
using Hybrid.Networks.Tests.Engines.Conditioned;
using Hybrid.Networks.Tests.Training;
using MathNet.Numerics;
using Xunit;

namespace Hybrid.Networks.Tests.Tangents;

public sealed class ExponentTests
{
    private const double Skip = 0.9, AttentionBranch = 0.8, MlpBranch = 1.1, ValueStd = 1.2, InStd = 1.5;

    // ln |f'| along the orbit; the exponent of x → 4x(1−x) is ln 2. Its logarithms have variance π²/12 and negative
    // correlations, so the standard error of independent values is an upper bound.
    [Fact]
    [Trait("guards", "(9.1) by closed form")]
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
            attention: AttentionParameters.Of(Schedule.NewConstant(1), Schedule.NewConstant(0), 1, 1),
            mlp: MlpParameters.Of(Schedule.NewConstant(0), Schedule.NewConstant(1), 1.3, 0, 1),
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

    // Blocks that do nothing but divide by the norm: what lies along the token vanishes in the first of them, what lies across it is
    // divided as the token is. A tangent's part along the token, a share 1/d of its square, would shrink the first growth by as much.
    [Theory]
    [InlineData(2, 1)]
    [InlineData(3, 2)]
    [InlineData(8, 4)]
    [InlineData(8, 7)]
    public void Differences_start_across_the_token(int width, int differences)
    {
        Architecture idle = Networks.Of(
            Placement.Post, Activation.Tanh, 4, 2, width, attentionBranch: 0, mlpBranch: 0, skip: 0.7, norm0: 2.5);
        using LineExponents exponents = new(idle, differences);
        double[] angle = new double[2], gradient = new double[2];
        for (int sample = 0; sample < 20; sample++)
        {
            exponents.Run(3, sample, angle, gradient);
            // 1e-16 for each of some d roundings
            Near.Equal($"λ_a of network {sample}", [0, 0], angle, 1e-14);
        }
    }

    public static TheoryData<Placement, Wiring, Activation> Cases
    {
        get
        {
            TheoryData<Placement, Wiring, Activation> data = [];
            foreach ((Placement norm, Wiring wiring) in Models.Blocks)
            {
                data.Add(norm, wiring, Activation.Relu);
                data.Add(norm, wiring, Activation.Erf);
            }

            return data;
        }
    }

    // Derivation (6.1) and (6.2), layer by layer. What finite width leaves is c/d, estimated by the change from d/2 to d.
    [Theory]
    [MemberData(nameof(Cases))]
    [Trait("guards", "(6.1) (6.2) by network")]
    public void Angle_and_gradient_exponents_on_the_line_are_the_theorys(Placement norm, Wiring wiring, Activation activation)
    {
        const int width = 512, depth = 4, samples = 40;
        (ExponentEstimate[] angle, ExponentEstimate[] gradient) = LineExponents.Measure(
            Network(norm, wiring, activation, width, depth), 7, samples);
        (ExponentEstimate[] halfAngle, ExponentEstimate[] halfGradient) =
            LineExponents.Measure(Network(norm, wiring, activation, width / 2, depth), 8, samples);
        double q = 1;
        for (int block = 0; block < depth; block++)
        {
            (double angleTheory, double gradientTheory, q) = Theory(norm, wiring, activation, q);
            Compare($"λ_a of block {block + 1}", angleTheory, angle[block], halfAngle[block]);
            Compare($"λ_g of block {block + 1}", gradientTheory, gradient[block], halfGradient[block]);
        }

        void Compare(string name, double theory, ExponentEstimate whole, ExponentEstimate half) => Statistics.Agrees(
            $"{norm}, {wiring}, {activation}, {name}", theory, whole.Mean, whole.StandardError + half.StandardError,
            Math.Abs(whole.Mean - half.Mean));
    }

    // Attention and MLP side by side under pre at stationary norms, r = 0.8, a_A = 0.5, a_M = 0.6, tanh at σ_w² = 3, all else 1:
    // e^λ_a = r² + a_M² χ/q*, e^λ_g = r² + (a_A² + a_M² χ)/q*, with q* = (a_A² + a_M² κ)/(1 − r²). κ = E tanh²(√3 z) and
    // χ = 3 E tanh'²(√3 z) in ten digits by the trapezoidal rule, whose error falls faster than any power of its step. The
    // five digits of either exponent were computed elsewhere. What finite width leaves is c/d, estimated by the change from
    // d/2 to d.
    [Fact]
    [Trait("guards", "(6.1) (6.2) by network")]
    public void Side_by_side_under_pre_both_exponents_are_the_closed_ones()
    {
        const double square = 0.64, attention = 0.25, mlp = 0.36, variance = 3, digits = 5e-6;
        double kappa = 0, chi = 0, step = 1.0 / 64;
        for (int k = -640; k <= 640; k++)
        {
            double z = k * step, weight = step * Math.Exp(-z * z / 2) / Math.Sqrt(2 * Math.PI), t = Math.Tanh(Math.Sqrt(variance) * z);
            kappa += weight * t * t;
            chi += weight * variance * (1 - t * t) * (1 - t * t);
        }

        double q = (attention + mlp * kappa) / (1 - square);
        (double angle, double gradient) = (Math.Log(square + mlp * chi / q), Math.Log(square + (attention + mlp * chi) / q));
        Near.Equal("λ_a", -0.12144, angle, digits);
        Near.Equal("λ_g", 0.07730, gradient, digits);

        const int width = 1024;
        ((double Mean, double StandardError) angles, (double Mean, double StandardError) gradients) = Measured(width, 9);
        ((double Mean, double StandardError) halfAngles, (double Mean, double StandardError) halfGradients) = Measured(width / 2, 10);
        Statistics.Agrees(
            "λ_a measured", angle, angles.Mean, angles.StandardError + halfAngles.StandardError, Math.Abs(angles.Mean - halfAngles.Mean));
        Statistics.Agrees(
            "λ_g measured", gradient, gradients.Mean, gradients.StandardError + halfGradients.StandardError,
            Math.Abs(gradients.Mean - halfGradients.Mean));

        ((double, double) Angle, (double, double) Gradient) Measured(int d, ulong seed)
        {
            const int depth = 6, samples = 40;
            Architecture architecture = Networks.Of(
                Placement.Pre, Activation.Tanh, 8, depth, d, inStd: Math.Sqrt(variance), attentionBranch: Math.Sqrt(attention),
                mlpBranch: Math.Sqrt(mlp), skip: Math.Sqrt(square), norm0: q, wiring: Wiring.Parallel);
            using LineExponents exponents = new(architecture);
            double[] a = new double[samples], g = new double[samples], blockAngle = new double[depth], blockGradient = new double[depth];
            for (int sample = 0; sample < samples; sample++)
            {
                exponents.Run(seed, sample, blockAngle, blockGradient);
                (a[sample], g[sample]) = (blockAngle.Average(), blockGradient.Average());
            }

            return (Statistics.MeanOf(a), Statistics.MeanOf(g));
        }
    }

    private static Architecture Network(Placement norm, Wiring wiring, Activation activation, int width, int depth) => Networks.Of(
        norm, activation, 8, depth, width, valueStd: ValueStd, inStd: InStd,
        attentionBranch: AttentionBranch, mlpBranch: MlpBranch, skip: Skip,
        wiring: wiring);

    // On the line attention passes σ_V² times the norm and the gradient's mean mode; differences see the skip and the MLP.
    private static (double Angle, double Gradient, double Norm) Theory(Placement norm, Wiring wiring, Activation activation, double q)
    {
        double before = q, differences = 1, mean = 1;
        foreach (bool[] modules in wiring.IsParallel ? new[] { new[] { true, false } } : [[true], [false]])
        {
            double output = Skip * Skip * q, difference = Skip * Skip, sum = Skip * Skip;
            foreach (bool attention in modules)
            {
                double seen = norm.Before ? 1 : q, v = InStd * InStd * seen, vv = ValueStd * ValueStd;
                double kappa = activation == Activation.Relu ? v / 2 : 2 / Math.PI * Math.Asin(2 * v / (1 + 2 * v));
                double chi = activation == Activation.Relu ? v / 2 : 4 * v / Math.PI / Math.Sqrt(1 + 4 * v);
                (double weight, double made) = attention ? (AttentionBranch * AttentionBranch, vv * seen) : (MlpBranch * MlpBranch, kappa);
                double norms = (norm.Before ? q : 1) * (norm.OnBranch ? made : 1);
                output += weight * (norm.OnBranch ? 1 : made);
                difference += attention ? 0 : weight * chi / seen / norms;
                sum += weight * (attention ? vv : chi / seen) / norms;
            }

            double divisor = norm.OnSum ? output : 1;
            (differences, mean, q) = (differences * difference / divisor, mean * sum / divisor, output / divisor);
        }

        return (Math.Log(differences * before / q), Math.Log(mean), q);
    }
}
