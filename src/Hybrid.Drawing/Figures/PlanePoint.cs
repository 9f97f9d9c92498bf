namespace Hybrid.Drawing.Figures;

/// <summary>A measured point of a plane.</summary>
/// <param name="X">Horizontal value.</param>
/// <param name="Y">Vertical value.</param>
/// <param name="Value">What its colour shows.</param>
/// <param name="Shape">Number of its mark's shape.</param>
/// <param name="Hover">What a pointer shows.</param>
public readonly record struct PlanePoint(double X, double Y, double Value, int Shape, string Hover);
