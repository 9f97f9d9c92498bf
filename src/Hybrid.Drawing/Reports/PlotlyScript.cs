using System.Reflection;

namespace Hybrid.Drawing.Reports;

/// <summary>plotly.js, minified, as the package Plotly.NET carries it.</summary>
public static class PlotlyScript
{
    /// <summary>The script's bytes, UTF-8; the caller disposes.</summary>
    public static Stream Open()
    {
        Assembly carrier = Assembly.Load("Plotly.NET");
        string script = carrier.GetManifestResourceNames().Single(name => name.EndsWith(".min.js", StringComparison.Ordinal));
        return carrier.GetManifestResourceStream(script)!;
    }
}
