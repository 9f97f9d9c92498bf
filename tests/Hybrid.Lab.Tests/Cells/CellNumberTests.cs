using System.Text.Json.Nodes;
using Hybrid.Lab.Cells;
using Hybrid.Lab.Statistics;
using Xunit;

namespace Hybrid.Lab.Tests.Cells;

public class CellNumberTests
{
    [Theory]
    [InlineData(0.1, "0.1")]
    [InlineData(-1e-300, "-1E-300")]
    [InlineData(5e-324, "5E-324")]
    [InlineData(double.NaN, "\"NaN\"")]
    [InlineData(double.PositiveInfinity, "\"Infinity\"")]
    [InlineData(double.NegativeInfinity, "\"-Infinity\"")]
    public void A_number_comes_back_bit_by_bit_finite_or_not(double value, string text)
    {
        Assert.Equal(text, CellNumber.ToNode(value).ToJsonString());
        Assert.Equal(value, CellNumber.Of(JsonNode.Parse(text)));
        Estimate estimate = new(value, value, 3);
        Assert.Equal($"[{text},{text},3]", CellNumber.ToNode(estimate).ToJsonString());
        Assert.Equal(estimate, CellNumber.EstimateOf(JsonNode.Parse($"[{text},{text},3]")));
    }
}
