using System.Text.Json.Nodes;
using Hybrid.Architectures;
using Hybrid.Drawing;
using Hybrid.Import.Json;
using Hybrid.Theory;

namespace Hybrid.Cli.Verbs;

/// <summary>The activations of one block at several widths: what a coordinate check plots.</summary>
/// <param name="Kept">Whether the entries' standard deviations stay as the width changes, as numbers in code do.</param>
/// <param name="Widths">The architecture at each width, in the order in which they were asked for.</param>
/// <param name="Modules">Every block at each width.</param>
internal sealed record WidthTrend(bool Kept, Architecture[] Widths, ModuleScales[][] Modules)
{
    /// <summary>Predicts at every width; two widths at least, else there is no trend.</summary>
    public static WidthTrend Of(bool kept, Architecture[] widths) =>
        new(kept, widths, [.. widths.Select(ModuleScalesModule.Of)]);

    /// <summary>A row a place of the last block, a column a width, and the power of the width with which it moves.</summary>
    public ReportTable Table()
    {
        List<IReadOnlyList<string>> rows = [.. ModuleTables.Places.Select(place => Row(place.Name, scales => place.Value(scales)))];
        rows.Add(Row("tokens attended", scales => scales.Participation));
        double[] scatter = [.. Widths.Select(FiniteWidth.Scatter)];
        rows.Add(["one network's ±", .. scatter.Select(value => Numbers.Significant(value, 3)), Numbers.Significant(Slope(scatter), 2)]);
        return new(Caption(), ["<block " + Widths[0].Depth, .. Widths.Select(at => $"width {at.Width}"), "power of width"], rows);

        IReadOnlyList<string> Row(string name, Func<ModuleScales, double> value)
        {
            double[] values = Last(value);
            return [name, .. values.Select(number => Numbers.Significant(number, 3)), Numbers.Significant(Slope(values), 2)];
        }
    }

    /// <summary>One line on what is held fixed.</summary>
    private string Caption()
    {
        string held = Kept
            ? "weights keep the standard deviations of their entries at every width, as an initializer_range does; a power of 0 is what "
                + "μP asks of activations"
            : "scales of a record are free of the width (entries fall as 1/√width), so that expectations stay; --fixed-std keeps the "
                + "entries instead";
        return $"coordinate check: {held}; MLP and heads widen in proportion, their number stays. ±: by how much ln of a "
            + "squared gradient or difference of one network lies off these means, to a factor of two";
    }

    public JsonObject ToNode() => new()
    {
        ["fixedStd"] = Kept,
        ["widths"] = new JsonArray([.. Widths.Select((at, index) => (JsonNode)new JsonObject
        {
            ["width"] = at.Width,
            ["scatter"] = JsonNumber.OrNull(FiniteWidth.Scatter(at)),
            ["modules"] = ModuleJson.Of(Modules[index]),
        })]),
    };

    private double[] Last(Func<ModuleScales, double> value) =>
        [.. Modules.Select(blocks => blocks.Length == Widths[0].Depth ? value(blocks[^1]) : double.NaN)];

    /// <summary>d ln y/d ln width by least squares.</summary>
    private double Slope(double[] values)
    {
        double[] x = [.. Widths.Select(at => Math.Log(at.Width))], y = [.. values.Select(value => Math.Log(value))];
        double meanX = x.Average(), meanY = y.Average();
        double slope = x.Zip(y, (a, b) => (a - meanX) * (b - meanY)).Sum() / x.Sum(a => (a - meanX) * (a - meanX));
        return Math.Abs(slope) < 1e-9 ? 0 : slope;
    }
}
