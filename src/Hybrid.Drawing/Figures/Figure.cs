namespace Hybrid.Drawing.Figures;

/// <summary>One figure in the forms that pages and notebooks have use for, all of the same numbers.</summary>
/// <param name="Svg">An SVG document, some 960 units wide: what stands in a file.</param>
/// <param name="Narrow">The same with its panels below each other, some 400 units wide, for narrow pages.</param>
/// <param name="Plots">Its panels for plotly.js, which zooms, shows values and toggles series.</param>
public sealed record Figure(string Svg, string Narrow, IReadOnlyList<Plot> Plots);
