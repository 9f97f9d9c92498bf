using Hybrid.Lab.Comparisons;
using MathNet.Numerics.LinearAlgebra;

namespace Hybrid.Experiments.PhaseBoundary;

/// <summary>A parabola through measured points by weighted least squares, with the error of its value anywhere.</summary>
internal sealed class Parabola
{
    // Coefficients are Weights · values, constant first.
    private readonly Matrix<double> _weights;
    private readonly IReadOnlyList<Extrapolation> _values;
    private readonly Vector<double> _coefficients;

    /// <summary>Fits at least three points of different places.</summary>
    public Parabola(IReadOnlyList<double> places, IReadOnlyList<Extrapolation> values)
    {
        _values = values;
        Matrix<double> design = Matrix<double>.Build.Dense(places.Count, 3, (i, power) => Math.Pow(places[i], power));
        Vector<double> precision = Vector<double>.Build.Dense(values.Count, i => 1 / Square(values[i].Spread.StandardError));
        Matrix<double> weighted = design.TransposeThisAndMultiply(Matrix<double>.Build.DiagonalOfDiagonalVector(precision));
        _weights = (weighted * design).Solve(weighted);
        _coefficients = _weights * Vector<double>.Build.Dense(values.Count, i => values[i].Value);
    }

    /// <summary>Value at a place, its standard error, and the bound on what the points' O(1/d²) rests do to it.</summary>
    public (double Value, double Error, double Remainder) At(double place)
    {
        Vector<double> powers = Vector<double>.Build.Dense(3, power => Math.Pow(place, power));
        Vector<double> weights = _weights.LeftMultiply(powers);
        double variance = 0, rest = 0;
        for (int i = 0; i < _values.Count; i++)
        {
            variance += Square(weights[i] * _values[i].Spread.StandardError);
            rest += Math.Abs(weights[i]) * _values[i].Curvature;
        }

        return (powers * _coefficients, Math.Sqrt(variance), rest);
    }

    /// <summary>The zero nearest to 0, NaN if there is none.</summary>
    public double NearestZero()
    {
        (double constant, double slope, double bend) = (_coefficients[0], _coefficients[1], _coefficients[2]);
        double root = Math.Sqrt(slope * slope - 4 * bend * constant);
        // The smaller root without cancellation.
        return -2 * constant / (slope + Math.CopySign(root, slope));
    }

    private static double Square(double value) => value * value;
}
