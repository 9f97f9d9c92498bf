using System.Text.Json.Nodes;
using Hybrid.Architectures;
using Hybrid.Import.Json;
using Hybrid.Lab.Training;
using Hybrid.Networks.Measurements;
using Hybrid.Networks.Tangents;
using Xunit;

namespace Hybrid.Lab.Tests.Training;

public class MeasurementFilesTests
{
    private static readonly Architecture Shallow = ArchitectureModule.Defaults.With(depth: 1);

    [Fact]
    public void A_measurement_is_written_whole_and_what_was_not_measured_is_left_out()
    {
        const string Input =
            """{"layer":0,"q":2,"p":1,"rho":0.5,"u":0.5,"meanAbsolute":3,"coordinateVariance":4,"dataVariance":5,"largestNorm":6""";
        const string Output =
            """{"layer":1,"q":4,"p":1,"rho":0.25,"u":0.75,"meanAbsolute":7,"coordinateVariance":8,"dataVariance":9,"largestNorm":null""";
        const string Branches = """
            ,"attention":{"q":0.5,"correlation":0.25,"entropy":0.125},"mlp":{"q":0.75,"correlation":-0.25}
            """;
        const string Whole = """
            ,"operatorNorms":{"mlp.in":{"value":1.5,"converged":true},"mlp.out":{"value":2.5,"converged":false}},
            "exponents":{"forward":[{"mean":0.1,"standardError":0.2}],"backward":[{"mean":0.3,"standardError":null}]}
            """;
        Assert.Equal(
            Line($$"""{"format":1,"step":7,"loss":1.25,"layers":[{{Input}},"gradientDiagonal":11,"gradientOffDiagonal":12},"""
                + $$"""{{Output}},"gradientDiagonal":13,"gradientOffDiagonal":14{{Branches}}{{Whole}}}]}"""),
            MeasurementFiles.ToNode(7, Shallow, Measured(gradients: true, whole: true)).ToJsonString());
        Assert.Equal(
            Line($$"""{"format":1,"step":7,"loss":1.25,"layers":[{{Input}}},{{Output}}{{Branches}}}]}"""),
            MeasurementFiles.ToNode(7, Shallow, Measured(gradients: false, whole: false)).ToJsonString());

        static string Line(string text) => string.Concat(text.Split('\n').Select(line => line.Trim()));
    }

    [Fact]
    public void Steps_are_in_their_order_and_norms_are_those_of_both_ends_and_some_between()
    {
        using TemporaryFolder folder = new();
        MeasurementFiles files = new(folder.Root);
        Assert.Empty(files.Steps);
        Assert.Null(files.Read(5));
        foreach (int step in (int[])[100, 5, 20, 0, 60])
            files.Write(step, Shallow, Measured(gradients: true, whole: true));
        File.WriteAllText(Path.Combine(folder.Root, "measurements", "step-x.json"), "{}");
        Assert.Equal([0, 5, 20, 60, 100], files.Steps);
        Assert.Equal([0, 20, 100], files.Norms(3).Select(norms => norms.Step));
        Assert.Equal([0, 5, 20, 60, 100], files.Norms(5).Select(norms => norms.Step));
        Assert.All(files.Norms(2), norms => Assert.Equal([2, 4], norms.Squares));
        Assert.Equal(20, (int)files.Read(20)!["step"]!);
        string path = files.PathOf(20);
        Assert.Equal(Path.Combine(folder.Root, "measurements", "step-000000020.json"), path);
        foreach (string text in (string[])["{", "[]"])
        {
            File.WriteAllText(path, text);
            string message = Assert.Throws<InputException>(() => files.Read(20)).Message;
            Assert.StartsWith($"{path} is no measurement (", message);
            Assert.EndsWith("); delete it, and it is written again where the run passes it", message);
        }
    }

    private static NetworkMeasurement Measured(bool gradients, bool whole) => new(
        1.25,
        new(
            [new(2, 1, 0.5, 3, 4, 5, 6), new(4, 1, 0.75, 7, 8, 9, double.PositiveInfinity)],
            gradients ? [(11, 12), (13, 14)] : [],
            [new(0.5, 0.25)],
            [new(0.75, -0.25)],
            [0.125]),
        whole ? [new Dictionary<string, OperatorNorm> { ["mlp.in"] = new(1.5, true, 3), ["mlp.out"] = new(2.5, false, 3) }] : [],
        whole ? [[new ExponentEstimate(0.1, 0.2)]] : [],
        whole ? [[new ExponentEstimate(0.3, double.NaN)]] : []);
}
