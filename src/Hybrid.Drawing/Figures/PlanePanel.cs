namespace Hybrid.Drawing.Figures;

/// <summary>One panel of a plane figure.</summary>
/// <param name="Title">Above the panel.</param>
/// <param name="Points">At least one.</param>
public sealed record PlanePanel(string Title, IReadOnlyList<PlanePoint> Points);
