namespace Hybrid.Drawing.Figures;

/// <summary>
/// One figure in the forms that pages and notebooks have use for, all of the same numbers. Each is made when it is first asked for, and
/// once: a file has use for one of them alone.
/// </summary>
/// <param name="svg">Draws the file.</param>
/// <param name="narrow">Draws it for narrow pages.</param>
/// <param name="plots">Makes its plots.</param>
public sealed class Figure(Func<string> svg, Func<string> narrow, Func<IReadOnlyList<Plot>> plots)
{
    private readonly Lazy<string> _svg = new(svg), _narrow = new(narrow);
    private readonly Lazy<IReadOnlyList<Plot>> _plots = new(plots);

    /// <summary>An SVG document, some 960 units wide: what stands in a file.</summary>
    public string Svg => _svg.Value;

    /// <summary>The same with its panels below each other, some 400 units wide, for narrow pages.</summary>
    public string Narrow => _narrow.Value;

    /// <summary>Its panels for plotly.js, which zooms, shows values and toggles series.</summary>
    public IReadOnlyList<Plot> Plots => _plots.Value;
}
