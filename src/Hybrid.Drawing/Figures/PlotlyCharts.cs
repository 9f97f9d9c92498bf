using System.Text.Json;
using System.Text.Json.Nodes;
using Plotly.NET;

namespace Hybrid.Drawing.Figures;

/// <summary>
/// Figures as charts of Plotly.NET, which notebooks show and scripts save or open; what they save holds plotly.js and asks nobody for
/// it.
/// </summary>
public static class PlotlyCharts
{
    /// <summary>A chart for every panel of a figure, in its order.</summary>
    public static IReadOnlyList<GenericChart> Charts(this Figure figure) => [.. figure.Plots.Select(Of)];

    private static GenericChart Of(Plot plot)
    {
        Layout layout = new();
        Fill(layout, plot.Layout);
        layout.SetProperty("title", plot.Title);
        IEnumerable<Trace> traces = plot.Traces.Select(node =>
        {
            Trace trace = new(node!["type"]!.GetValue<string>());
            Fill(trace, node.AsObject());
            return trace;
        });
        GenericChart chart = GenericChart.ofTraceObjects(
            true, Microsoft.FSharp.Collections.ListModule.OfSeq(traces));
        DisplayOptions options = new();
        options.SetProperty("PlotlyJSReference", PlotlyJSReference.Full);
        return GenericChart.setDisplayOptions(options, GenericChart.setLayout(layout, chart));
    }

    private static void Fill(DynamicObj.DynamicObj target, JsonObject content)
    {
        foreach ((string name, JsonNode? value) in content.Where(field => field.Value is not null))
            target.SetProperty(name, Value(value)!);
    }

    private static object? Value(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject fields:
                DynamicObj.DynamicObj inner = new();
                Fill(inner, fields);
                return inner;
            case JsonArray items:
                return items.Select(Value).ToArray();
            case null:
                return null;
            default:
                return node.GetValueKind() switch
                {
                    JsonValueKind.String => node.GetValue<string>(),
                    JsonValueKind.True or JsonValueKind.False => node.GetValue<bool>(),
                    _ => node.Deserialize<double>(),
                };
        }
    }
}
