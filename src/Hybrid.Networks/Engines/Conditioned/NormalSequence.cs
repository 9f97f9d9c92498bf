using Hybrid.Networks.Linear;
using Hybrid.Networks.Random;

namespace Hybrid.Networks.Engines.Conditioned;

/// <summary>
/// The normals of one single stream in their order, and χ variables made of them, for small matrices whose number of random
/// numbers is not known beforehand. Serial, so what comes out is a function of the key alone.
/// </summary>
internal sealed class NormalSequence
{
    // A sum of so few squares is quicker than a rejection.
    private const int FewDegrees = 12;

    private readonly float[] buffer = new float[1024];
    private RandomKey key;
    private long offset;
    private int next;

    /// <summary>Begins stream <paramref name="stream"/>.</summary>
    internal void Start(in RandomKey stream) => (key, offset, next) = (stream, 0, buffer.Length);

    /// <summary>The next normal number.</summary>
    internal double Next()
    {
        if (next == buffer.Length)
        {
            Gaussian.Fill(buffer, key, offset, 1);
            offset += buffer.Length;
            next = 0;
        }

        return buffer[next++];
    }

    /// <summary>The next normal numbers.</summary>
    internal unsafe void Fill(Span<double> destination)
    {
        while (destination.Length > 0)
        {
            destination[0] = Next();
            int count = Math.Min(destination.Length - 1, buffer.Length - next);
            fixed (float* from = buffer.AsSpan(next))
            fixed (double* to = destination[1..])
                Precision.Widen(new MatrixView<float>(from, 1, count), new MatrixView<double>(to, 1, count));
            next += count;
            destination = destination[(count + 1)..];
        }
    }

    /// <summary>
    /// χ of <paramref name="degrees"/> ≥ 1 degrees of freedom. χ²/2 has the law Γ(a), a = degrees/2: Marsaglia and Tsang's
    /// method (ACM TOMS 26, 2000) accepts b v, v = (1 + x/√(9b))³ with b = a − 1/3 and x normal, when
    /// ln U &lt; x²/2 + b − b v + b ln v, and two normals give ln U = −(y² + z²)/2.
    /// </summary>
    internal double Chi(int degrees)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(degrees, 1);
        if (degrees <= FewDegrees)
        {
            double sum = 0;
            for (int k = 0; k < degrees; k++)
            {
                double normal = Next();
                sum += normal * normal;
            }

            return Math.Sqrt(sum);
        }

        double b = 0.5 * degrees - 1.0 / 3, slope = 1 / Math.Sqrt(9 * b);
        while (true)
        {
            double x = Next(), y = Next(), z = Next(), root = 1 + slope * x, v = root * root * root;
            if (v > 0 && -0.5 * (y * y + z * z) < 0.5 * x * x + b - b * v + b * Math.Log(v))
                return Math.Sqrt(2 * b * v);
        }
    }
}
