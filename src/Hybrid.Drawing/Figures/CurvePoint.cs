namespace Hybrid.Drawing.Figures;

/// <summary>A measured point of a figure.</summary>
/// <param name="X">Horizontal value.</param>
/// <param name="Y">Vertical value.</param>
/// <param name="Error">Half the length of its bar; NaN for none.</param>
/// <param name="Open">Whether the mark is drawn open, as for magnitudes of negative numbers.</param>
public readonly record struct CurvePoint(double X, double Y, double Error, bool Open = false);
